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
let heard: (event: { data: string }) => void = () => undefined;
class Source {
  static readonly CLOSED = 2;
  constructor(path: string) {
    followed.push(path);
  }
  addEventListener(name: string, hear: (event: { data: string }) => void): void {
    if (name === 'event') heard = hear;
  }
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

  it('is drawn once for all that comes meanwhile', async () => {
    vi.useFakeTimers();
    const feed = new TraceFeed('t1');
    await feed.load();
    asked.paths.length = 0;
    for (let number = 1; number <= 100; number += 1) heard({ data: JSON.stringify({ number }) });
    heard({ data: JSON.stringify({ number: 100 }) });
    expect([feed.events.length, asked.paths]).toEqual([0, []]);
    await vi.advanceTimersByTimeAsync(600);
    expect([feed.events.length, feed.trace?.events, asked.paths]).toEqual([100, 100, ['traces/t1/ladder']]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked.paths.length).toBe(1);
    vi.useRealTimers();
  });
});
