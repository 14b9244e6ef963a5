// A list that the server pages: only what is looked at is fetched.
import { SvelteMap } from 'svelte/reactivity';

export interface Page<T> {
  items: T[];
  total: number;
  total_is_exact?: boolean;
  nearest?: string;
}

export type Load<T> = (offset: number, limit: number, signal: AbortSignal) => Promise<Page<T>>;

/** Rows that can be scrolled to; beyond them only a search helps. */
export const MOST_ROWS = 100_000;

export class PagedList<T> {
  total = $state(0);
  isExact = $state(true);
  isLoading = $state(true);
  problem = $state.raw<unknown>(null);
  /** What a search that found nothing may have meant. */
  nearest = $state('');
  /** Rows that there are for certain, where the total is only a lower bound. */
  #known = $state(0);
  readonly #pages = new SvelteMap<number, T[]>();
  readonly #wanted = new Set<number>();
  #cancel = new AbortController();

  constructor(
    readonly load: Load<T>,
    readonly size = 100,
  ) {}

  get length(): number {
    return Math.min(Math.max(this.total, this.#known), MOST_ROWS);
  }

  row(index: number): T | undefined {
    return this.#pages.get(Math.floor(index / this.size))?.[index % this.size];
  }

  /** All rows that were fetched. */
  rows(): T[] {
    return [...this.#pages.keys()].sort((a, b) => a - b).flatMap((page) => this.#pages.get(page) ?? []);
  }

  /** Fetches what is missing between two rows. */
  need(first: number, last: number): void {
    for (let page = Math.floor(first / this.size); page * this.size <= last; page += 1) {
      if (!this.#pages.has(page) && !this.#wanted.has(page)) void this.#fetch(page, false);
    }
  }

  /** Everything anew; the old rows stay until the new ones are there. */
  async reload(): Promise<void> {
    this.#cancel.abort();
    this.#cancel = new AbortController();
    this.#wanted.clear();
    await this.#fetch(0, true);
  }

  async #fetch(page: number, isAnew: boolean): Promise<void> {
    const { signal } = this.#cancel;
    this.#wanted.add(page);
    this.isLoading = true;
    try {
      const got = await this.load(page * this.size, this.size, signal);
      if (signal.aborted) return;
      if (isAnew) {
        this.#pages.clear();
        this.#known = 0;
      }
      this.#pages.set(page, got.items);
      this.total = got.total;
      this.nearest = got.nearest ?? '';
      this.isExact = got.total_is_exact ?? true;
      // Behind a full page there is more, as far as anybody knows.
      const isFull = !this.isExact && got.items.length === this.size;
      const known = page * this.size + got.items.length + (isFull ? this.size : 0);
      this.#known = Math.max(this.#known, known);
      this.problem = null;
    } catch (error) {
      if (!signal.aborted) this.problem = error;
    } finally {
      if (!signal.aborted) {
        this.#wanted.delete(page);
        this.isLoading = this.#wanted.size > 0;
      }
    }
  }
}
