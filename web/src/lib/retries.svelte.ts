// What became of "Retry now", partner by partner: it is told where it was asked for.
import { SvelteMap } from 'svelte/reactivity';
import { ask, peek, segment } from './api';
import type { Schema } from './schemas';
import type { Status, Stream } from './status';

export type Outcome =
  | { state: 'trying' | 'up' | 'nothing' | 'slow' }
  | { state: 'failed'; link: Stream }
  | { state: 'problem'; problem: unknown };

const INTERVAL = 700;
/** A stream must be up within StreamEstablishmentTimeout, 60 s if nobody has changed it. */
const PATIENCE = 75_000;

/** How the links from here to a partner stand, `seconds` after they were told to try; null: they still do. */
export function outcomeOf(streams: readonly Stream[], partner: string, seconds: number): Outcome | null {
  const links = streams.filter((one) => one.direction === 'out' && one.partner === partner);
  const failed = links.filter((one) => one.state !== 'up' && (one.last_error_age_seconds ?? Infinity) < seconds);
  if (links.length === 0 || links.some((one) => one.state !== 'up' && !failed.includes(one))) return null;
  return failed[0] ? { state: 'failed', link: failed[0] } : { state: 'up' };
}

class Retries {
  readonly all = new SvelteMap<string, Outcome>();

  async start(partner: string): Promise<void> {
    if (this.all.get(partner)?.state === 'trying') return;
    this.all.set(partner, { state: 'trying' });
    // Before the order: what fails at once has failed when its answer is here.
    const started = performance.now();
    try {
      const { data } = await ask<Schema<'RetryResult'>>('POST', `partners/${segment(partner)}:retry`);
      this.all.set(partner, data.links ? await this.#wait(partner, started) : { state: 'nothing' });
    } catch (problem) {
      this.all.set(partner, { state: 'problem', problem });
    }
  }

  async #wait(partner: string, started: number): Promise<Outcome> {
    for (;;) {
      const passed = performance.now() - started;
      if (passed > PATIENCE) return { state: 'slow' };
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
      const { streams } = await peek<Status>('status');
      const made = outcomeOf(streams, partner, (performance.now() - started) / 1000);
      if (made) return made;
    }
  }
}

export const retries = new Retries();
