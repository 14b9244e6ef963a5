import { describe, expect, it } from 'vitest';
import { moment, span, withLocalTimes } from './time';

describe('times in sentences', () => {
  it('are shown in the zone of the browser', () => {
    const iso = '2026-12-26T14:39:09Z';
    expect(withLocalTimes(`Good until ${iso}.`, 'en')).toBe(`Good until ${moment(iso, 'en')}.`);
  });
  it('leave other numbers alone', () => expect(withLocalTimes('2 of 3 SIP peers, 2026-12.', 'en')).toBe('2 of 3 SIP peers, 2026-12.'));
});

describe('a span of time', () => {
  it('says once what both ends have in common', () => {
    expect(span('2026-11-26T09:20:03.100Z', '2026-11-26T09:20:03.900Z', 'en')).toBe(moment('2026-11-26T09:20:03Z', 'en'));
    const [from, to] = [new Date(2026, 10, 26, 9, 20, 3), new Date(2026, 10, 26, 9, 25, 11)].map((one) => one.toISOString());
    expect(span(from ?? '', to ?? '', 'en')).toBe('26 Nov 2026, 09:20:03 – 09:25:11');
    const next = new Date(2026, 10, 27, 9, 25, 11).toISOString();
    expect(span(from ?? '', next, 'en')).toBe('26 Nov 2026, 09:20:03 – 27 Nov 2026, 09:25:11');
  });
});
