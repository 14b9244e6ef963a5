import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // The policy of the page allows no inline script: nothing may be put into the HTML.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  // For work on the pages: a gateway that runs already answers.
  server: {
    proxy: {
      '/api': {
        target: process.env.ISTHMUS_SERVER ?? 'https://127.0.0.1:8443',
        secure: false,
      },
    },
  },
  test: { include: ['src/**/*.test.ts'] },
});
