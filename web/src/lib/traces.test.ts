import { describe, expect, it } from 'vitest';
import { sidesOf, type TraceEvent } from './traces';

const event = (number: number, kind: TraceEvent['kind'], more: Partial<TraceEvent> = {}): TraceEvent => ({
  number, kind, at: null, direction: 'in', what: kind === 'sip' ? 'MESSAGE' : 'message', remote: '', code: '',
  evidence: '', rules: [], lost: [], text: '', user: '', contact: '', call_id: '', stanza_id: '', message: '', is_again: false, is_cut: false, stream: '', ...more,
});

const TALK = [
  event(1, 'sip', { call_id: 'a' }),
  event(2, 'translated', { call_id: 'a', stanza_id: 's1' }),
  event(3, 'xmpp', { stanza_id: 's1' }),
  event(4, 'sip', { call_id: 'a', what: '202 Accepted' }),
  event(5, 'sip', { call_id: 'a' }),
  event(6, 'translated', { call_id: 'a', stanza_id: 's2' }),
  event(7, 'xmpp', { stanza_id: 's2' }),
  event(8, 'sip', { call_id: 'b' }),
];
const numbers = (chosen: number): (number | undefined)[] => {
  const { sip, band, xmpp } = sidesOf(TALK, TALK[chosen - 1] as TraceEvent);
  return [sip?.number, band?.number, xmpp?.number];
};

describe('the two sides of a message', () => {
  it('are found from each of its events', () => {
    expect(numbers(1)).toEqual([1, 2, 3]);
    expect(numbers(2)).toEqual([1, 2, 3]);
    expect(numbers(3)).toEqual([1, 2, 3]);
  });
  it('are those nearby, if a Call-ID serves for several', () => {
    expect(numbers(5)).toEqual([5, 6, 7]);
    expect(numbers(7)).toEqual([5, 6, 7]);
  });
  it('are a response and what its request became', () => expect(numbers(4)).toEqual([4, 2, 3]));
  it('are one, where nothing was translated', () => expect(numbers(8)).toEqual([8, undefined, undefined]));
});
