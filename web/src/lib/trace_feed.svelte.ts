// One recording while it is looked at: what was recorded, then what is, as it comes.
import { peek, segment } from './api';
import type { Trace, TraceEvent, TraceLadder } from './traces';

/** The ladder is drawn anew at most so often, in milliseconds. */
const PAUSE = 500;
/** Events that the gateway gives at once; fewer: those were all. */
const PAGE = 200;

export class TraceFeed {
  trace = $state.raw<Trace | null>(null);
  ladder = $state.raw<TraceLadder | null>(null);
  events = $state.raw<TraceEvent[]>([]);
  problem = $state.raw<unknown>(null);
  /** Until it ends by itself, as far as it is not stopped before. */
  secondsLeft = $state(0);
  readonly path: string;
  #source: EventSource | undefined;
  #drawing: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(id: string) {
    this.path = `traces/${segment(id)}`;
  }

  /** Until the returned function is called. */
  open(): () => void {
    const clock = setInterval(() => (this.secondsLeft = Math.max(0, this.secondsLeft - 1)), 1000);
    void this.load();
    return () => {
      this.#isClosed = true;
      clearInterval(clock);
      clearTimeout(this.#drawing);
      this.#source?.close();
    };
  }

  /** All that is there; if it goes on, what follows comes by itself. */
  async load(): Promise<void> {
    try {
      for (;;) {
        const { recorded, ...trace } = await peek<Trace & { recorded: TraceEvent[] }>(this.path, { after: this.#last });
        this.trace = trace;
        this.secondsLeft = trace.seconds_left;
        this.events = [...this.events, ...recorded];
        // Where more passes than can be asked for, there would always be one more: that comes by itself.
        if (recorded.length < PAGE) break;
      }
      await this.#draw();
      if (this.trace?.state === 'running') this.#follow();
    } catch (error) {
      this.problem = error;
    }
  }

  get #last(): number {
    return this.events.at(-1)?.number ?? 0;
  }

  async #draw(): Promise<void> {
    this.ladder = await peek<TraceLadder>(`${this.path}/ladder`);
    this.problem = null;
  }

  #drawSoon(): void {
    this.#drawing ??= setTimeout(() => {
      this.#drawing = undefined;
      void this.#draw().catch((error: unknown) => (this.problem = error));
    }, PAUSE);
  }

  #follow(): void {
    if (this.#isClosed || this.#source) return;
    const source = new EventSource(`/api/v1/${this.path}/events?after=${this.#last}`);
    this.#source = source;
    const leave = (): void => {
      source.close();
      this.#source = undefined;
    };
    source.addEventListener('event', ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as TraceEvent;
      if (event.number <= this.#last) return;
      this.events = [...this.events, event];
      if (this.trace) this.trace = { ...this.trace, events: this.trace.events + 1 };
      this.#drawSoon();
    });
    source.addEventListener('dropped', ({ data }: MessageEvent<string>) => {
      const { count } = JSON.parse(data) as { count: number };
      if (this.trace) this.trace = { ...this.trace, dropped: this.trace.dropped + count };
    });
    source.addEventListener('end', () => {
      leave();
      void this.load();
    });
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      // It was refused: why, is said to whoever asks otherwise.
      leave();
      void this.load();
    };
  }
}
