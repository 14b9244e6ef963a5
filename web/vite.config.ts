import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// The paths of the API: a page whose path is not among them is not shown.
const description = readFileSync(new URL('../api/openapi.yaml', import.meta.url), 'utf8');
const paths = [...description.matchAll(/^ {2}\/(\S+):$/gm)].map((found) => found[1]);

export default defineConfig({
  plugins: [svelte()],
  define: { API_PATHS: JSON.stringify(paths) },
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
