// What changes at the gateway, as it changes: one stream of events for the whole panel.
import { session } from './session.svelte';

interface Rate {
  total: number;
  per_second: number;
}

export interface Counters {
  at: string;
  state: string;
  sip_to_xmpp: Rate;
  xmpp_to_sip: Rate;
  failed: Rate;
  messages_pending: number;
  messages_queued: number;
  streams_up: number;
  streams: number;
  sip_peers_up: number;
  sip_peers: number;
  subscriptions: number;
  dialogs: number;
}

/** What failed, as a card. */
export interface FailureEvent {
  where: string;
  name: string;
  code: string;
  sentence: string;
  fix: string;
  step: string;
  evidence: string;
  at: string;
}

const KEPT = 300;

class Live {
  counters = $state.raw<Counters[]>([]);
  failures = $state.raw<FailureEvent[]>([]);
  /** Grows when streams, peers or objects have changed. */
  streamNews = $state(0);
  peerNews = $state(0);
  pairNews = $state(0);
  traceNews = $state(0);
  /** Grows while messages wait or are under way, and when the last of them has gone. */
  queueNews = $state(0);
  /** Grows with each reading of the counters, one a second. */
  beats = $state(0);
  revision = $state(0);
  #source: EventSource | undefined;
  #users = 0;

  /** While the returned function was not called, the events are followed. */
  follow(): () => void {
    this.#users += 1;
    this.#open();
    return () => {
      this.#users -= 1;
      if (this.#users === 0) this.#close();
    };
  }

  #open(): void {
    if (this.#source || session.state !== 'in') return;
    const source = new EventSource('/api/v1/events');
    this.#source = source;
    const on = (name: string, act: (data: string) => void): void =>
      source.addEventListener(name, (event) => act((event as MessageEvent<string>).data));
    on('counters', (data) => this.#count(JSON.parse(data) as Counters));
    on('failure', (data) => (this.failures = [JSON.parse(data) as FailureEvent, ...this.failures].slice(0, 20)));
    on('stream', () => (this.streamNews += 1));
    on('sip_peer', () => (this.peerNews += 1));
    on('trace', () => (this.traceNews += 1));
    on('revision', () => (this.revision += 1));
    on('subscriptions', () => (this.pairNews += 1));
    on('subscriptions_left_out', () => (this.pairNews += 1));
    // Something was missed: everything is read again.
    on('reset', () => {
      this.streamNews += 1;
      this.peerNews += 1;
      this.pairNews += 1;
      this.traceNews += 1;
      this.revision += 1;
    });
    source.onerror = () => {
      // The browser tries again by itself, unless it was refused.
      if (source.readyState === EventSource.CLOSED) this.#close();
    };
  }

  #count(now: Counters): void {
    const waiting = (one: Counters | undefined): number => (one ? one.messages_pending + one.messages_queued : 0);
    if (waiting(now) + waiting(this.counters.at(-1)) > 0) this.queueNews += 1;
    this.beats += 1;
    this.counters = [...this.counters, now].slice(-KEPT);
  }

  #close(): void {
    this.#source?.close();
    this.#source = undefined;
  }
}

export const live = new Live();
