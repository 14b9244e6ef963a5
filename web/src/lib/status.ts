// GET status: what the process is doing.
export interface Trouble {
  last_error: string;
  last_error_code?: string;
  last_error_step?: string;
  last_error_address?: string;
  last_error_age_seconds?: number;
}

export interface Stream extends Trouble {
  local_domain: string;
  remote_domain: string;
  direction: string;
  state: string;
  auth: string;
  tls: string;
  remote_address: string;
  queued: number;
  oldest_seconds: number;
}

export interface Peer extends Trouble {
  name: string;
  target: string;
  transport: string;
  state: string;
  state_seconds: number;
  pending: number;
}

export interface Status {
  version: string;
  server_name: string;
  state: string;
  uptime_seconds: number;
  stored_revision: number;
  running_revision: number;
  messages_pending: number;
  messages_queued: number;
  oldest_queued_seconds: number;
  streams: Stream[];
  sip_peers: Peer[];
}
