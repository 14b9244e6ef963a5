// What all forms and lists of configuration objects have in common: a kind says which fields its
// objects have, and the form, the list, the diff and the commit follow from that.
import type { Key } from '../locales/en';

export type Value = string | boolean | number | null | string[];
export type Draft = Record<string, Value>;

export interface Option {
  value: string | boolean;
  label: Key;
}

export interface Field {
  name: string;
  type: 'text' | 'check' | 'select' | 'radio' | 'number' | 'domains' | 'secret';
  label: Key;
  help?: Key;
  options?: readonly Option[];
  required?: boolean;
  /** Octets for texts. */
  max?: number;
  least?: number;
  most?: number;
  /** A number that may be left empty. */
  optional?: boolean;
  unit?: Key;
  /** Only to be ticked while this other one is. */
  parent?: string;
  group?: Key;
  /** Cannot be changed once the object exists. */
  fixed?: boolean;
  when?: (draft: Draft) => boolean;
  /** What is wrong with the value, if anything. */
  check?: (draft: Draft) => Key | null;
}

/** What the settings of an object come to, before they are committed. */
export interface Verdict {
  status: 'good' | 'warn' | 'invalid';
  sentence: string;
  why: string;
}

export interface Kind {
  /** The resource of the API. */
  path: string;
  fields: readonly Field[];
  newTitle: Key;
  editTitle: Key;
  /** "Policy {name} committed, revision {revision}" */
  committed: Key;
  id: (draft: Draft) => string;
  name: (draft: Draft) => string;
  /** Nothing: the object cannot be deleted. */
  erased?: Key;
  judge?: (draft: Draft) => Verdict;
  /** Of what the API shows, for the form; and back. */
  read?: (object: Record<string, unknown>) => Draft;
  write?: (draft: Draft) => Record<string, unknown>;
}

export const readDraft = (kind: Kind, object: Record<string, unknown>): Draft =>
  kind.read ? kind.read(object) : (object as Draft);

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

export interface Change {
  field: Field;
  before: Value | undefined;
  after: Value;
}

/** What the administrator has changed, in the order of the form. */
export function changesOf(kind: Kind, base: Draft, draft: Draft): Change[] {
  return kind.fields
    .filter((field) => !same(base[field.name] ?? null, draft[field.name] ?? null))
    .map((field) => ({ field, before: base[field.name], after: draft[field.name] ?? null }));
}

/** What the API shows of an object beside its properties. */
const DERIVED = [
  'negotiation', 'links', 'last_message_at', 'effective_policy', 'effective_scope',
  'modified_at', 'modified_by', 'added_at', 'added_by', 'hits',
];

/** The properties, as the API takes them. */
export function bodyOf(kind: Kind, draft: Draft): Record<string, unknown> {
  const written = kind.write?.(draft) ?? draft;
  return Object.fromEntries(Object.entries(written).filter(([name]) => !DERIVED.includes(name)));
}

/** The body that changes what is different. */
export function patchOf(kind: Kind, base: Draft, draft: Draft): Record<string, unknown> {
  const [before, after] = [bodyOf(kind, base), bodyOf(kind, draft)];
  return Object.fromEntries(
    Object.entries(after).filter(([name, value]) => !same(before[name] ?? null, value ?? null)),
  );
}

const octets = (text: string): number => new TextEncoder().encode(text).length;

/** What is wrong with a field, as a text of the catalogue with its values. */
export function faultOf(
  field: Field,
  draft: Draft,
): { key: Key; values?: Record<string, number> } | null {
  const value = draft[field.name];
  if (field.when && !field.when(draft)) return null;
  if (field.required && (value === '' || value === null || value === undefined)) {
    return { key: 'fault.required' };
  }
  if (field.type === 'number') {
    if (value === null && field.optional) return null;
    const least = field.least ?? 0;
    const most = field.most ?? 1_000_000;
    const isGood = typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
    return isGood ? null : { key: 'fault.number', values: { least, most } };
  }
  if (typeof value === 'string' && octets(value) > (field.max ?? 1024)) {
    return { key: 'fault.long', values: { max: field.max ?? 1024 } };
  }
  const own = field.check?.(draft);
  return own ? { key: own } : null;
}
