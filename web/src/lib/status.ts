// GET status: what the process is doing.
import type { Schema } from './schemas';

export type Trouble = Schema<'LastError'>;
export type Stream = Schema<'StreamStatus'>;
export type Peer = Schema<'SipPeerStatus'>;
export type Status = Schema<'Status'> & { gates?: Gate[]; next_steps?: unknown[] };

/** A light for a gate that a message has to pass. */
export interface Gate {
  name: 'sip_peers' | 'xmpp_listener' | 'dns' | 'certificates';
  light: 'green' | 'amber' | 'red' | 'grey';
  sentence: string;
  fix: string;
}
