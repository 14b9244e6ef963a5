import { describe, expect, it } from 'vitest';
import { moment, withLocalTimes } from './time';

describe('times in sentences', () => {
  it('are shown in the zone of the browser', () => {
    const iso = '2026-12-26T14:39:09Z';
    expect(withLocalTimes(`Good until ${iso}.`, 'en')).toBe(`Good until ${moment(iso, 'en')}.`);
  });
  it('leave other numbers alone', () => expect(withLocalTimes('2 of 3 SIP peers, 2026-12.', 'en')).toBe('2 of 3 SIP peers, 2026-12.'));
});
