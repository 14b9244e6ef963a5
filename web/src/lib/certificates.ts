// What the API shows of certificates and their uses.
import type { Schema } from './schemas';

export type Finding = Schema<'CertificateFinding'>;
export type Certificate = Schema<'Certificate'>;
export type Use = Schema<'CertificateUse'>;

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
