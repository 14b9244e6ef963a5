// Recordings, as the API shows them.
import type { Schema } from './schemas';

export type Trace = Schema<'Trace'>;

export type TraceEvent = Schema<'TraceEvent'>;

export type Rung = TraceLadder['rungs'][number];

export type TraceLadder = Schema<'Ladder'>;

/** One message on both sides, and the step between. */
export interface Sides {
  sip: TraceEvent | undefined;
  xmpp: TraceEvent | undefined;
  band: TraceEvent | undefined;
}

const isShared = (a: string, b: string): boolean => a !== '' && a === b;

/** The nearest to `of` of those that hold, itself included. */
function nearest(
  events: readonly TraceEvent[],
  of: TraceEvent,
  holds: (one: TraceEvent) => boolean,
): TraceEvent | undefined {
  return events
    .filter(holds)
    .reduce<TraceEvent | undefined>(
      (best, one) =>
        best && Math.abs(best.number - of.number) <= Math.abs(one.number - of.number) ? best : one,
      undefined,
    );
}

/** The two sides of what was chosen: what has the ids that its translation names. */
export function sidesOf(events: readonly TraceEvent[], chosen: TraceEvent): Sides {
  const isSame = (a: TraceEvent) => (b: TraceEvent): boolean =>
    a.number === b.number || isShared(a.call_id, b.call_id) || isShared(a.stanza_id, b.stanza_id);
  const band = nearest(events, chosen, (one) => one.kind === 'translated' && isSame(chosen)(one));
  const of = (kind: string): TraceEvent | undefined => {
    if (chosen.kind === kind) return chosen;
    // A response has no counterpart: it is the request that was translated.
    return band && nearest(events, band, (one) => one.kind === kind && isSame(band)(one) && /^\D/.test(one.what));
  };
  return { sip: of('sip'), xmpp: of('xmpp'), band };
}
