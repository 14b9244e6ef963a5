import { describe, expect, it } from 'vitest';
import { EventParser } from './event_stream';

const wire = 'retry: 2000\n\n: comment\n\nid: a-1\nevent: step\ndata: {"a":\ndata: 1}\n\ndata:bare\r\n\r\n';

describe('server-sent events', () => {
  it.each([1, 2, 3, 7, wire.length])('are the same in pieces of %i', (size) => {
    const parser = new EventParser();
    const all = [];
    for (let i = 0; i < wire.length; i += size) all.push(...parser.push(wire.slice(i, i + size)));
    expect(all).toEqual([
      { name: 'step', data: '{"a":\n1}', id: 'a-1' },
      { name: 'message', data: 'bare', id: '' },
    ]);
  });
});
