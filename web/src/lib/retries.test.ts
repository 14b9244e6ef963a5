import { describe, expect, it } from 'vitest';
import { outcomeOf } from './retries.svelte';
import type { Stream } from './status';

const link = (more: Partial<Stream>): Stream =>
  ({ partner: 'a.example', direction: 'out', state: 'waiting', ...more }) as Stream;

describe('what became of another attempt', () => {
  it('is not known before it has ended', () => {
    expect(outcomeOf([link({ last_error_age_seconds: 90 })], 'a.example', 2)).toBeNull();
    expect(outcomeOf([link({ state: 'connecting' })], 'a.example', 2)).toBeNull();
    expect(outcomeOf([], 'a.example', 2)).toBeNull();
    expect(outcomeOf([link({ state: 'up' }), link({ state: 'connecting' })], 'a.example', 2)).toBeNull();
  });

  it('is a failure that is newer than the attempt', () => {
    const failed = link({ last_error_age_seconds: 0.5, last_error_code: 'IST-TCP-001' });
    expect(outcomeOf([link({ state: 'up' }), failed], 'a.example', 2)).toEqual({ state: 'failed', link: failed });
  });

  it('is a link that is up, whatever happened before', () => {
    expect(outcomeOf([link({ state: 'up', last_error_age_seconds: 1 })], 'a.example', 2)).toEqual({ state: 'up' });
  });

  it('is not that of others', () => {
    const others = [link({ direction: 'in', state: 'up' }), link({ partner: 'b.example', state: 'up' })];
    expect(outcomeOf(others, 'a.example', 2)).toBeNull();
  });
});
