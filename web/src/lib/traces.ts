// Recordings, as the API shows them.
export interface Trace {
  id: string;
  user: string;
  partner: string;
  state: 'running' | 'ended';
  why_ended: string;
  started_at: string | null;
  seconds_left: number;
  events: number;
  dropped: number;
  bodies: boolean;
  admin: string;
  reason: string;
}

export interface TraceEvent {
  number: number;
  at: string | null;
  kind: string;
  direction: string;
  what: string;
  remote: string;
  code: string;
  evidence: string;
  rules: string[];
  lost: string[];
  text: string;
}

export interface Rung {
  clock: string;
  from: number;
  to: number;
  style: 'sip' | 'xmpp' | 'band' | 'bad';
  label: string;
  note: string;
  event: number | null;
}

export interface TraceLadder {
  title: string;
  lanes: string[];
  rungs: Rung[];
}
