import { afterEach, describe, expect, it, vi } from 'vitest';
import { TraceFeed } from './trace_feed.svelte';

const asked = vi.hoisted(() => ({ paths: [] as string[], waiting: 0, isBusy: false }));

vi.mock('./api', () => ({
  segment: (text: string) => text,
  peek: (path: string, query?: { after: number }) => {
    asked.paths.push(path);
    if (path.endsWith('ladder')) return Promise.resolve({ lanes: [], rungs: [], title: '' });
    const size = asked.isBusy ? 1 : Math.min(200, asked.waiting);
    asked.waiting -= size;
    const recorded = Array.from({ length: size }, (_, at) => ({ number: (query?.after ?? 0) + at + 1 }));
    return Promise.resolve({ state: 'running', seconds_left: 60, events: 0, dropped: 0, recorded });
  },
}));

const followed: string[] = [];
class Source {
  static readonly CLOSED = 2;
  constructor(path: string) {
    followed.push(path);
  }
  addEventListener(): void {}
  close(): void {}
}
vi.stubGlobal('EventSource', Source);

afterEach(() => {
  asked.paths.length = followed.length = asked.waiting = 0;
  asked.isBusy = false;
});

describe('a recording', () => {
  it('is read to its end, and then followed from there', async () => {
    asked.waiting = 450;
    const feed = new TraceFeed('t1');
    await feed.load();
    expect(asked.paths).toEqual(['traces/t1', 'traces/t1', 'traces/t1', 'traces/t1/ladder']);
    expect(feed.events.length).toBe(450);
    expect(followed).toEqual(['/api/v1/traces/t1/events?after=450']);
  });

  it('is shown although something has passed whenever it is read', async () => {
    asked.isBusy = true;
    const feed = new TraceFeed('t1');
    await feed.load();
    expect(asked.paths).toEqual(['traces/t1', 'traces/t1/ladder']);
    expect(followed).toEqual(['/api/v1/traces/t1/events?after=1']);
  });
});
