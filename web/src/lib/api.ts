// The admin API: every request of the panel goes through here.
import { session } from './session.svelte';
import { link } from './link.svelte';

const PREFIX = '/api/v1/';

/** What the gateway said instead of doing it (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly code = '',
    readonly fix = '',
    readonly evidence = '',
    readonly faults: { line: number; sentence: string }[] = [],
  ) {
    super(detail || title);
  }
}

export interface Answer<T> {
  data: T;
  etag: string;
}

export interface Ask {
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  ifMatch?: string;
  /** The page asks by itself: this does not keep the session alive. */
  background?: boolean;
  signal?: AbortSignal;
  /** A body that is not JSON. */
  raw?: { type: string; content: string | Blob };
  /** Further fields of the header. */
  fields?: Record<string, string>;
}

export const segment = (text: string): string => encodeURIComponent(text);

function target(path: string, query: Ask['query']): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== '') params.set(name, String(value));
  }
  const text = params.toString();
  return PREFIX + path + (text ? `?${text}` : '');
}

function headers(method: string, how: Ask): Headers {
  const made = new Headers({ Accept: 'application/json' });
  if (how.raw) made.set('Content-Type', how.raw.type);
  else if (how.body !== undefined) made.set('Content-Type', 'application/json');
  if (how.ifMatch) made.set('If-Match', how.ifMatch);
  if (how.background) made.set('X-Isthmus-Background', '1');
  if (method !== 'GET' && session.me?.csrf) made.set('X-CSRF-Token', session.me.csrf);
  for (const [name, value] of Object.entries(how.fields ?? {})) made.set(name, value);
  return made;
}

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text();
  try {
    const said = JSON.parse(text) as Record<string, unknown>;
    const of = (name: string): string => (typeof said[name] === 'string' ? said[name] : '');
    return new Problem(
      response.status,
      of('title'),
      of('detail'),
      of('code'),
      of('fix'),
      of('evidence'),
      Array.isArray(said['faults']) ? said['faults'] : [],
    );
  } catch {
    return new Problem(response.status, response.statusText, text.slice(0, 500));
  }
}

/** One request; throws a Problem, or a TypeError if the gateway cannot be reached. */
export async function askOnce<T>(method: string, path: string, how: Ask = {}): Promise<Answer<T>> {
  const response = await fetch(target(path, how.query), {
    method,
    headers: headers(method, how),
    body: how.raw ? how.raw.content : how.body === undefined ? null : JSON.stringify(how.body),
    credentials: 'same-origin',
    redirect: 'error',
    signal: how.signal ?? null,
  });
  link.isUp();
  if (!response.ok) throw await problemOf(response);
  const text = await response.text();
  return {
    data: (text ? JSON.parse(text) : null) as T,
    etag: response.headers.get('ETag') ?? '',
  };
}

/** A request that answers a file. */
export async function askFile(
  method: string,
  path: string,
  how: Ask,
): Promise<{ blob: Blob; name: string }> {
  const response = await fetch(target(path, how.query), {
    method,
    headers: headers(method, how),
    body: how.body === undefined ? null : JSON.stringify(how.body),
  });
  if (!response.ok) throw await problemOf(response);
  const named = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '');
  return { blob: await response.blob(), name: named?.[1] ?? '' };
}

/** A request whose answer comes bit by bit. */
export async function openStream(
  method: string,
  path: string,
  how: Ask,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const asked = headers(method, how);
  asked.set('Accept', 'text/event-stream');
  const response = await fetch(target(path, how.query), {
    method,
    headers: asked,
    body: how.body === undefined ? null : JSON.stringify(how.body),
    signal: how.signal ?? null,
  });
  if (!response.ok) throw await problemOf(response);
  if (!response.body) throw new Problem(response.status, response.statusText, '');
  return response.body;
}

export const isAbort = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'AbortError';

/**
 * The request, whatever it takes: a session that is over is renewed first, and a gateway that does
 * not answer is waited for, if nothing was to be changed.
 */
export async function ask<T>(method: string, path: string, how: Ask = {}): Promise<Answer<T>> {
  for (;;) {
    try {
      return await askOnce<T>(method, path, how);
    } catch (error) {
      if (isAbort(error)) throw error;
      if (error instanceof Problem) {
        const isOver = error.status === 401 || error.code === 'IST-AUTH-016';
        if (!isOver || !session.me) throw error;
        await session.renewed();
        continue;
      }
      link.isDown();
      if (method !== 'GET') {
        throw new Problem(0, '', '', 'PANEL-UNREACHABLE');
      }
      await link.up();
    }
  }
}

export const get = async <T>(path: string, query?: Ask['query'], how?: Ask): Promise<T> =>
  (await ask<T>('GET', path, { ...how, query })).data;

/** The same without keeping the session alive. */
export const peek = <T>(path: string, query?: Ask['query']): Promise<T> =>
  get<T>(path, query, { background: true });
