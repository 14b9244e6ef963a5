// Why a SIP peer refused a message: what its status code means, and what is to be done about that one.
import type { Key } from '../locales/en';

export interface Refusal {
  /** "404 Not Found" */
  status: string;
  remedy: Key;
}

const REMEDIES: readonly (readonly [readonly number[], Key])[] = [
  [[404, 410, 604], 'refusal.unknownUser'],
  [[401, 403, 407], 'refusal.challenge'],
  [[480], 'refusal.away'],
  [[486, 600, 603], 'refusal.declined'],
  [[408, 504], 'refusal.late'],
];

/** Of a message that failed with `code`; null: the evidence names no status code. */
export function refusalOf(code: string | undefined, evidence: string): Refusal | null {
  if (code !== 'IST-SIP-003') return null;
  const found = /^([3-6]\d\d)\b([^;]*)/.exec(evidence);
  if (!found) return null;
  const status = Number(found[1]);
  const known = REMEDIES.find(([codes]) => codes.includes(status));
  return {
    status: `${status} ${found[2]?.trim() ?? ''}`.trim(),
    remedy: known?.[1] ?? (status >= 500 && status < 600 ? 'refusal.serverFault' : 'refusal.other'),
  };
}
