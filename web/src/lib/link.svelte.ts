// Whether the gateway answers. While it does not, it is asked again and again, and the page says so.

class Link {
  down = $state(false);
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  isUp(): void {
    if (!this.down) return;
    this.down = false;
    clearTimeout(this.#timer);
    for (const go of this.#waiting.splice(0)) go();
  }

  isDown(): void {
    if (this.down) return;
    this.down = true;
    this.#again();
  }

  /** When it answers again. */
  up(): Promise<void> {
    return this.down ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  #again(): void {
    this.#timer = setTimeout(() => void this.#probe(), 1000);
  }

  async #probe(): Promise<void> {
    try {
      await fetch('/api/v1/session:methods', { cache: 'no-store' });
      this.isUp();
    } catch {
      this.#again();
    }
  }
}

export const link = new Link();
