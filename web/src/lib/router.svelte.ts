// Which page is shown: the address, and what may stand in the way of leaving it.

class Router {
  path = $state(location.pathname);
  query = $state(new URLSearchParams(location.search));
}

export const route = new Router();

/** Asks who has unsaved changes whether they may be lost. */
type Guard = () => Promise<boolean>;
const guards = new Set<Guard>();

/** While the returned function was not called, leaving the page asks `guard` first. */
export function guardLeaving(guard: Guard): () => void {
  guards.add(guard);
  return () => guards.delete(guard);
}

async function mayLeave(): Promise<boolean> {
  for (const guard of [...guards]) {
    if (!(await guard())) return false;
  }
  return true;
}

function show(): void {
  route.path = location.pathname;
  route.query = new URLSearchParams(location.search);
}

/** Where the history stands, so that a step that was refused can be taken back. */
let place = 0;
let isReturning = false;

export async function go(to: string): Promise<void> {
  if (to === location.pathname + location.search) return;
  if (new URL(to, location.origin).pathname !== location.pathname && !(await mayLeave())) return;
  place += 1;
  history.pushState({ place }, '', to);
  show();
}

/** Changes the query only: no new step in the history. */
export function setQuery(changes: Record<string, string | null>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState({ place }, '', location.pathname + (text ? `?${text}` : ''));
  show();
}

export function redirect(to: string): void {
  history.replaceState({ place }, '', to);
  show();
}

async function onPop(event: PopStateEvent): Promise<void> {
  const to = (event.state as { place?: number } | null)?.place ?? 0;
  if (isReturning) {
    isReturning = false;
    return;
  }
  if (location.pathname !== route.path && !(await mayLeave())) {
    isReturning = true;
    history.go(place - to);
    return;
  }
  place = to;
  show();
}

/** A link of our own changes the page, not the document. */
function onClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest('a');
  if (!link || link.target || link.origin !== location.origin) return;
  if (link.pathname.startsWith('/api/') || link.hasAttribute('download')) return;
  if (link.hash && link.pathname === location.pathname) return;
  event.preventDefault();
  void go(link.pathname + link.search);
}

export function startRouter(): void {
  history.replaceState({ place }, '', location.href);
  addEventListener('popstate', (event) => void onPop(event));
  document.addEventListener('click', onClick);
  addEventListener('beforeunload', (event) => {
    if (guards.size > 0) event.preventDefault();
  });
}
