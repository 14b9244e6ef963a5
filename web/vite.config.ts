import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

// The paths of the API: a page whose path is not among them is not shown.
const description = readFileSync(new URL('../api/openapi.yaml', import.meta.url), 'utf8');
const operations = [...description.matchAll(/operationId: (\w+)/g)].map((found) => found[1]);
const paths = [...description.matchAll(/^ {2}\/(\S+):$/gm)].map((found) => found[1]);

// What the gateway's codes say, from the tables of them.
const TEXT = String.raw`((?:"(?:[^"\\]|\\.)*"\s*)+)`;
const ENTRY = new RegExp(String.raw`\{"(IST-[A-Z]+-\d{3})",\s*${TEXT},\s*${TEXT}\}`, 'g');
const whole = (literals = ''): string =>
  [...literals.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((one) => one[1]).join('').replaceAll('\\"', '"');
const tables = ['management_codes', 'traffic_codes'].map((name) => new URL(`../src/base/${name}.cpp`, import.meta.url));
const codes: Plugin = {
  name: 'codes',
  resolveId: (id) => (id === 'virtual:codes' ? '\0codes' : undefined),
  load: (id) => {
    if (id !== '\0codes') return undefined;
    const text = tables.map((table) => readFileSync(table, 'utf8')).join('');
    const made = [...text.matchAll(ENTRY)].map(([, code, sentence, fix]) => [
      code,
      { of: whole(sentence), sentence: whole(sentence), fix: whole(fix) },
    ]);
    return `export const enCodes = ${JSON.stringify(Object.fromEntries(made))};`;
  },
};

export default defineConfig({
  plugins: [svelte(), codes],
  define: { API_PATHS: JSON.stringify(paths), API_OPERATIONS: JSON.stringify(operations) },
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
