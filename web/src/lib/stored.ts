// What the browser remembers of its user's taste. Nothing of the gateway is kept there.
const PREFIX = 'isthmus.';

export function stored(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // forbidden by the browser
  }
}

export function store(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // It will be asked again next time.
  }
}
