// What the page asks again and again while it is shown.
import { onMount } from 'svelte';
import { peek } from './api';

export class Polled<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<unknown>(null);
  isPaused = $state(false);

  constructor(
    readonly path: string,
    readonly milliseconds = 3000,
  ) {
    onMount(() => {
      void this.look();
      const timer = setInterval(() => {
        if (!this.isPaused && !document.hidden) void this.look();
      }, this.milliseconds);
      return () => clearInterval(timer);
    });
  }

  async look(): Promise<void> {
    try {
      this.value = await peek<T>(this.path);
      this.problem = null;
    } catch (error) {
      this.problem = error;
    }
  }
}
