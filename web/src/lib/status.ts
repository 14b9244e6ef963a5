// GET status: what the process is doing.
import type { Schema } from './schemas';

export type Trouble = Schema<'LastError'>;
export type Stream = Schema<'StreamStatus'>;
export type Peer = Schema<'SipPeerStatus'>;
export type Status = Schema<'Status'>;
