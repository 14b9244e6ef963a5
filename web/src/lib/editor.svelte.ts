// One object while it is edited: what was there, what was typed, what is wrong with it, and how it
// is committed, taken back, or brought together with what somebody else committed meanwhile.
import { ask, get, Problem, segment } from './api';
import { t } from './i18n.svelte';
import { bodyOf, changesOf, faultOf, patchOf, readDraft, type Change, type Draft, type Kind } from '../kinds/kind';

interface Committed extends Record<string, unknown> {
  revision: number;
  in_force: boolean;
  warnings?: string[];
}

export interface Done {
  object: Draft;
  text: string;
  warnings: string[];
  undo: (() => Promise<string>) | undefined;
}

export const pathOf = (kind: Kind, id: string): string =>
  id === '' ? kind.path : `${kind.path}/${segment(id)}`;

const copy = <T>(value: T): T => structuredClone(value);

export class Editor {
  base = $state.raw<Draft>({});
  draft = $state<Draft>({});
  reason = $state('');
  warnings = $state.raw<string[]>([]);
  problem = $state.raw<unknown>(null);
  /** What somebody else has changed since the object was read. */
  conflict = $state.raw<{ who: string; changes: Change[] } | null>(null);
  isBusy = $state(false);
  showsFaults = $state(false);
  etag: string;

  readonly changes = $derived.by(() => changesOf(this.kind, this.base, this.draft));
  readonly verdict = $derived.by(() => this.kind.judge?.(this.draft));
  readonly needsReason = $derived(this.warnings.length > 0 && this.reason.trim() === '');

  constructor(
    readonly kind: Kind,
    object: Record<string, unknown>,
    readonly isNew: boolean,
    etag = '',
  ) {
    this.base = readDraft(kind, object);
    this.draft = copy(this.base);
    this.etag = etag;
  }

  get isDirty(): boolean {
    return this.changes.length > 0;
  }

  fault(name: string): string {
    const field = this.kind.fields.find((one) => one.name === name);
    const fault = field ? faultOf(field, $state.snapshot(this.draft)) : null;
    if (fault) return this.showsFaults ? t(fault.key, fault.values) : '';
    // The gateway names the property first: "domain \"x y\": must be a domain name."
    const said = this.problem instanceof Problem ? this.problem.detail : '';
    return said.startsWith(`${name} `) || said.startsWith(`${name}:`) ? said : '';
  }

  reset(): void {
    this.draft = copy(this.base);
    this.reason = '';
    this.warnings = [];
    this.problem = null;
    this.conflict = null;
    this.showsFaults = false;
  }

  set(name: string, value: Draft[string]): void {
    this.draft[name] = value;
    if (value === false) {
      // A box below one that is not ticked means nothing.
      for (const field of this.kind.fields) {
        if (field.parent === name) this.draft[field.name] = false;
      }
    }
    this.warnings = [];
  }

  /** Nothing if something is in the way, which is then shown. */
  async commit(): Promise<Done | null> {
    this.showsFaults = true;
    this.problem = null;
    const draft = $state.snapshot(this.draft) as Draft;
    if (this.kind.fields.some((field) => faultOf(field, draft)) || this.verdict?.status === 'invalid') {
      return null;
    }
    this.isBusy = true;
    try {
      if (this.warnings.length === 0) {
        const trial = await this.#send(draft, true);
        this.warnings = trial.data.warnings ?? [];
      }
      if (this.needsReason) return null;
      const { data, etag } = await this.#send(draft, false);
      return this.#done(draft, data, etag);
    } catch (error) {
      if (error instanceof Problem && error.code === 'IST-API-005') await this.#rebase();
      else this.problem = error;
      return null;
    } finally {
      this.isBusy = false;
    }
  }

  #send(draft: Draft, isTrial: boolean) {
    const { kind } = this;
    const query = { dry_run: isTrial || undefined, reason: this.reason.trim() || undefined };
    return this.isNew
      ? ask<Committed>('POST', kind.path, { query, body: bodyOf(kind, draft) })
      : ask<Committed>('PATCH', pathOf(kind, kind.id(this.base)), {
          query,
          body: patchOf(kind, this.base, draft),
          ifMatch: this.etag,
        });
  }

  #done(draft: Draft, data: Committed, etag: string): Done {
    const { kind, base, isNew } = this;
    const { revision, warnings = [], in_force: isInForce, ...object } = data;
    const now = readDraft(kind, object);
    // What was changed goes back to what it was; a secret cannot.
    const changed = Object.keys(patchOf(kind, base, draft));
    const former = Object.fromEntries(
      Object.entries(bodyOf(kind, base)).filter(([name]) => changed.includes(name)),
    );
    const values = { name: kind.name(isNew ? { ...draft, ...now } : base), revision };
    this.base = isNew ? this.base : now;
    this.etag = etag;
    this.reset();
    return {
      object: now,
      text: t(kind.committed, values) + (isInForce ? '' : ` ${t('commit.notInForce')}`),
      warnings,
      undo: !isNew && Object.keys(former).length === 0 ? undefined : async () => {
        const path = pathOf(kind, kind.id(now));
        const { data: undone } = isNew
          ? await ask<Committed>('DELETE', path, { ifMatch: etag })
          : await ask<Committed>('PATCH', path, { ifMatch: etag, body: former });
        return t('undo.done', { revision: undone.revision });
      },
    };
  }

  /** Somebody was quicker: his object becomes the base, what was typed stays. */
  async #rebase(): Promise<void> {
    const { kind } = this;
    const mine = Object.fromEntries(
      this.changes.map(({ field }) => [field.name, $state.snapshot(this.draft)[field.name] ?? null]),
    );
    try {
      const path = pathOf(kind, kind.id(this.base));
      const latest = await ask<Record<string, unknown>>('GET', path);
      const theirs = readDraft(kind, latest.data);
      const history = await get<{ items: { admin: string }[] }>('revisions', { limit: 1 });
      this.conflict = {
        who: history.items[0]?.admin ?? '?',
        changes: changesOf(kind, this.base, theirs),
      };
      this.base = theirs;
      this.etag = latest.etag;
      this.draft = { ...copy(theirs), ...mine };
      this.warnings = [];
    } catch (error) {
      this.problem = error;
    }
  }
}

/** Deletes an object; what still uses it is in the way unless `force`. */
export async function erase(kind: Kind, object: Draft, force = false): Promise<Done> {
  const name = kind.name(readDraft(kind, object));
  const path = pathOf(kind, kind.id(object));
  const { data } = await ask<Committed>('DELETE', path, { query: { force: force || undefined } });
  return {
    object,
    text: t(kind.erased ?? kind.committed, { name, revision: data.revision }),
    warnings: data.warnings ?? [],
    undo: async () => {
      const { data: undone } = await ask<Committed>('POST', kind.path, {
        body: bodyOf(kind, object),
      });
      return t('undo.done', { revision: undone.revision });
    },
  };
}
