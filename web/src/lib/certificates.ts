// What the API shows of certificates and their uses.
export interface CertificateFacts {
  subject?: string;
  issuer?: string;
  serial_number?: string;
  not_before?: string;
  not_after?: string;
  alternative_names?: string[];
  thumbprint?: string;
  sha256?: string;
  signature?: string;
  purposes?: string[];
}

export interface Finding {
  code: string;
  text: string;
  weight: 'note' | 'obstacle';
}

export interface Certificate extends CertificateFacts {
  name: string;
  friendly_name: string;
  state: string;
  uses: string[];
  source: string;
  public_key: string;
  created_at: string;
  days_left?: number;
  chain_state?: string;
  chain?: { subject: string; issuer: string; not_after: string; sha256: string }[];
  has_request: boolean;
  certificate_file?: string;
  private_key_file?: string;
  findings: Finding[];
}

export interface Use extends CertificateFacts {
  use: string;
  certificates: string[];
  previous: string[];
  next: string[];
  effective: string | null;
  findings?: Finding[];
  mismatch?: boolean | null;
  /** "assigned", "own", "configuration file" or "none" */
  source?: string;
}

export const USES = ['sip', 'xmpp-s2s', 'admin'] as const;

/** A file as the API takes it. */
export async function base64Of(file: Blob): Promise<string> {
  const octets = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let i = 0; i < octets.length; i += 0x8000) {
    text += String.fromCharCode(...octets.subarray(i, i + 0x8000));
  }
  return btoa(text);
}

export function download(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
