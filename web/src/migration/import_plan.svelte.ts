// What an export would change here: each object is tried on the gateway first (dry_run), so that it is
// the gateway that says what is new, the same or refused; then all of it is committed, and taken back
// as one.
import { ask, get, Problem, segment } from '../lib/api';
import type { Schema } from '../lib/schemas';
import { readClixml, type ClixmlFault } from './clixml';
import { LyncReader, type LyncExport, type LyncObject, type LyncUser, type Note } from './lync_export';

export type ItemState = 'new' | 'same' | 'changed' | 'refused';

export interface Difference {
  name: string;
  before: unknown;
  after: unknown;
}

export interface Item {
  key: string;
  object: LyncObject;
  state: ItemState;
  take: boolean;
  differences: Difference[];
  /** What the gateway says against it, or remarks. */
  warnings: string[];
  problem: unknown;
  etag: string;
}

export interface UserPlan {
  csv: string;
  count: number;
  created: number;
  changed: number;
  same: number;
  notes: Note[];
  problem: unknown;
}

export interface Options {
  /** Partners come disabled, until they are cut over. */
  disabled: boolean;
  passphrase: boolean;
  /** The users' accounts are still on the old system. */
  legacy: boolean;
}

export interface Outcome {
  revision: number;
  objects: number;
  users: number;
}

const PATHS = { site: 'sites', pool: 'pools', policy: 'policies', gateway: 'gateway', partner: 'partners' } as const;
const ID_NAMES = { site: 'name', pool: '', policy: 'identity', gateway: '', partner: 'domain' } as const;

const pathOf = ({ kind, id }: LyncObject): string => (id === '' ? PATHS[kind] : `${PATHS[kind]}/${segment(id)}`);
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** Where the object is made or changed. */
function targetOf(object: LyncObject, isNew: boolean): { method: 'POST' | 'PUT' | 'PATCH'; path: string } {
  const method = object.kind === 'pool' ? 'PUT' : isNew ? 'POST' : 'PATCH';
  return { method, path: method === 'POST' ? PATHS[object.kind] : pathOf(object) };
}

/** As the gateway takes the object if it is new, or if it is there. */
function bodyOf({ kind, body }: LyncObject, isNew: boolean, options: Options): Record<string, unknown> {
  if (kind === 'partner' && isNew) return { ...body, enabled: !options.disabled };
  const { [ID_NAMES[kind]]: _, ...rest } = body;
  return isNew ? body : rest;
}

const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Users as users:import takes them; `isKnown` leaves out what is not there. */
export function csvOf(users: readonly LyncUser[], options: Options, isKnown: (kind: 'policy' | 'pool', name: string) => boolean): string {
  const lines = users.map(({ uri, display_name, policy, pool }) =>
    [uri, display_name, isKnown('policy', policy) ? policy : '', isKnown('pool', pool) ? pool : '', options.legacy ? 'legacy' : 'here']
      .map(field)
      .join(','),
  );
  return ['uri,display_name,policy,pool,homed', ...lines, ''].join('\n');
}

/** Several at a time, in order. */
async function each<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) await act(item);
    }),
  );
}

interface Committed extends Record<string, unknown> {
  revision: number;
  warnings?: string[];
}
interface Report {
  created: number;
  changed: number;
  same: number;
  revision: number;
}

export class ImportPlan {
  files = $state.raw<{ name: string; fault: ClixmlFault | null; objects: number }[]>([]);
  found = $state.raw<LyncExport | null>(null);
  items = $state<Item[]>([]);
  users = $state.raw<UserPlan | null>(null);
  options = $state<Options>({ disabled: true, passphrase: false, legacy: true });
  isBusy = $state(false);

  readonly taken = $derived(this.items.filter(({ take, state }) => take && (state === 'new' || state === 'changed')));
  readonly isEmpty = $derived(this.taken.length === 0 && (this.users?.created ?? 0) + (this.users?.changed ?? 0) === 0);

  /** Reads the files and compares. */
  async read(files: readonly File[]): Promise<void> {
    const reader = new LyncReader();
    const told = [];
    for (const file of files) {
      try {
        const objects = readClixml(new Uint8Array(await file.arrayBuffer()));
        reader.take(objects);
        told.push({ name: file.name, fault: null, objects: objects.length });
      } catch (error) {
        told.push({ name: file.name, fault: error as ClixmlFault, objects: 0 });
      }
    }
    this.files = told;
    this.found = reader.finish();
    await this.compare();
  }

  async compare(): Promise<void> {
    const { found } = this;
    if (!found) return;
    this.isBusy = true;
    try {
      const items: Item[] = found.objects.map((object) => ({
        key: `${object.kind}/${object.id}`,
        object,
        state: object.isRefused ? 'refused' : 'new',
        take: !object.isRefused,
        differences: [],
        warnings: [],
        problem: null,
        etag: '',
      }));
      await each(items, (item) => this.#try(item));
      this.items = items;
      await this.#tryUsers(found);
    } finally {
      this.isBusy = false;
    }
  }

  /** What the gateway would make of it. */
  async #try(item: Item): Promise<void> {
    if (item.state === 'refused') return;
    const { object } = item;
    try {
      let there: Record<string, unknown> | null = null;
      try {
        const { data, etag } = await ask<Record<string, unknown>>('GET', pathOf(object));
        there = data;
        item.etag = etag;
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 404) throw error;
      }
      const body = bodyOf(object, there === null, this.options);
      if (there === null && this.#waitsForSite(object)) return;
      const trial = await this.#send(object, there === null, body, { dry_run: true });
      item.warnings = trial.warnings ?? [];
      if (there === null) return;
      const before = there;
      item.differences = Object.keys(body)
        .filter((name) => !same(before[name], trial[name]))
        .map((name) => ({ name, before: before[name], after: trial[name] }));
      item.state = item.differences.length ? 'changed' : 'same';
      item.take = item.differences.length > 0;
    } catch (error) {
      if (!(error instanceof Problem) || error.status === 0) throw error;
      item.problem = error;
      item.state = 'refused';
      item.take = false;
    }
  }

  /** It cannot be tried before the site is there, which comes first. */
  #waitsForSite({ kind, id, body }: LyncObject): boolean {
    const site = kind === 'pool' ? String(body['site']) : kind === 'policy' && id.startsWith('Site:') ? id.slice(5) : '';
    return site !== '' && (this.found?.objects.some((one) => one.kind === 'site' && one.id === site) ?? false);
  }

  async #send(object: LyncObject, isNew: boolean, body: Record<string, unknown>, query: Record<string, string | boolean>): Promise<Committed> {
    const { method, path } = targetOf(object, isNew);
    return (await ask<Committed>(method, path, { query, body })).data;
  }

  async #tryUsers({ users, objects }: LyncExport): Promise<void> {
    this.users = null;
    if (users.length === 0) return;
    const [policies, pools] = await Promise.all([
      get<{ items: { identity: string }[] }>('policies', { q: 'tag:', limit: 100_000 }),
      get<{ items: { fqdn: string }[] }>('pools', { limit: 100_000 }),
    ]);
    const here = new Set([
      ...policies.items.map(({ identity }) => `policy ${identity.replace(/^Tag:/, '').toLowerCase()}`),
      ...pools.items.map(({ fqdn }) => `pool ${fqdn.toLowerCase()}`),
    ]);
    const coming = new Set(objects.map(({ kind, id }) => `${kind} ${id.replace(/^Tag:/, '').toLowerCase()}`));
    const isHere = (kind: string, name: string): boolean => here.has(`${kind} ${name.toLowerCase()}`);
    const isKnown = (kind: string, name: string): boolean => isHere(kind, name) || coming.has(`${kind} ${name.toLowerCase()}`);
    const lost = (kind: 'policy' | 'pool'): string[] =>
      [...new Set(users.map((one) => one[kind]))].filter((name) => name !== '' && !isKnown(kind, name));
    const made: UserPlan = {
      csv: csvOf(users, this.options, isKnown),
      count: users.length,
      created: 0,
      changed: 0,
      same: 0,
      notes: [
        ...lost('policy').map((of): Note => ({ id: 'policyUnknown', of })),
        ...lost('pool').map((of): Note => ({ id: 'poolUnknown', of })),
      ],
      problem: null,
    };
    try {
      // What is still to come cannot be granted yet: the trial leaves it out.
      const { created, changed, same: alike } = await this.#import(csvOf(users, this.options, isHere), { dry_run: true });
      const waiting = users.filter(({ policy, pool }) =>
        (policy !== '' && isKnown('policy', policy) && !isHere('policy', policy)) || (pool !== '' && isKnown('pool', pool) && !isHere('pool', pool)));
      const later = created === 0 ? Math.min(alike, waiting.length) : 0;
      Object.assign(made, { created, changed: changed + later, same: alike - later });
    } catch (error) {
      made.problem = error;
    }
    this.users = made;
  }

  async #import(csv: string, query: Record<string, string | boolean>): Promise<Report> {
    return (await ask<Report>('POST', 'users:import', { query, raw: { type: 'text/csv', content: csv } })).data;
  }

  /** All that is ticked, in one revision; if any of it is refused, nothing. */
  async commit(reason: string): Promise<Outcome> {
    this.isBusy = true;
    try {
      const { users } = this;
      const hasUsers = users !== null && users.created + users.changed > 0 && !users.problem;
      const body: Schema<'ChangeSet'> = { action: 'import', changes: this.taken.map((item) => this.#order(item)) };
      if (hasUsers) body.users_csv = users.csv;
      const { data } = await ask<Schema<'ChangeSetResult'>>('POST', 'changes', { query: { reason }, body });
      return { revision: data.revision, objects: this.taken.length, users: data.users.created + data.users.changed };
    } finally {
      this.isBusy = false;
    }
  }

  #order({ object, state, etag }: Item): Schema<'OneOfChanges'> {
    const body = bodyOf(object, state === 'new', this.options);
    const passphrase = this.found?.passphrase;
    if (object.kind === 'gateway' && this.options.passphrase && passphrase) body['dialback_passphrase'] = passphrase;
    return { ...targetOf(object, state === 'new'), body, if_match: etag };
  }
}

/** What was imported goes back to what it was, if nobody has changed it since; the new revision. */
export async function takeBack({ revision }: Outcome): Promise<number | null> {
  try {
    return (await ask<{ revision: number }>('POST', `revisions/${revision}:undo`)).data.revision;
  } catch (error) {
    if (error instanceof Problem && error.code === 'IST-API-005') return null;
    throw error;
  }
}
