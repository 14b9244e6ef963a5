import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deCodes } from './de_codes';

// {"IST-API-001", "sentence", "fix"}; a text may be cut into several literals.
const TEXT = String.raw`((?:"(?:[^"\\]|\\.)*"\s*)+)`;
const ENTRY = new RegExp(String.raw`\{"(IST-[A-Z]+-\d{3})",\s*${TEXT},\s*${TEXT}\}`, 'g');
const table = readFileSync(new URL('../../../src/base/codes.cpp', import.meta.url), 'utf8');
const whole = (literals = ''): string =>
  [...literals.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((one) => one[1]).join('').replaceAll('\\"', '"');
const sentences = new Map([...table.matchAll(ENTRY)].map((one) => [one[1] ?? '', whole(one[2])]));

describe('the codes in German', () => {
  it('are those of src/base/codes.cpp, all of them', () => {
    expect(sentences.size).toBeGreaterThan(100);
    expect([...sentences.keys()].filter((code) => !deCodes[code])).toEqual([]);
  });

  it('translate what the gateway says now', () => {
    const stale = [...sentences].filter(([code, sentence]) => deCodes[code] && deCodes[code].of !== sentence);
    expect(stale).toEqual([]);
  });

  it('say something', () => {
    for (const { sentence, fix } of Object.values(deCodes)) {
      expect(sentence).toMatch(/\S[.]$/);
      expect(fix).toMatch(/\S/);
    }
  });
});
