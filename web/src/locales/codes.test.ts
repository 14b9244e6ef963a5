import { enCodes } from 'virtual:codes';
import { describe, expect, it } from 'vitest';
import { deCodes } from './de_codes';

describe('the codes in German', () => {
  it('are those of src/base/*_codes.cpp, all of them', () => {
    expect(Object.keys(enCodes).length).toBeGreaterThan(100);
    expect(Object.keys(enCodes).filter((code) => !deCodes[code])).toEqual([]);
  });

  it('translate what the gateway says now', () => {
    const stale = Object.entries(enCodes).filter(([code, { of }]) => deCodes[code] && deCodes[code].of !== of);
    expect(stale).toEqual([]);
  });

  it('say something', () => {
    for (const { sentence, fix } of [...Object.values(deCodes), ...Object.values(enCodes)]) {
      expect(sentence).toMatch(/\S[.]$/);
      expect(fix).toMatch(/\S/);
    }
  });
});
