import { describe, expect, it } from 'vitest';
import { MOST_ROWS, PagedList } from './paged.svelte';

const asked: number[] = [];
const listOf = (total: number, told: number) => {
  asked.length = 0;
  return new PagedList<number>((offset, limit) => {
    asked.push(offset);
    const items = Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, i) => offset + i);
    return Promise.resolve({ items, total: told, total_is_exact: total === told });
  }, 10);
};
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('a paged list', () => {
  it('fetches what is looked at, once', async () => {
    const list = listOf(95, 95);
    await list.reload();
    expect([list.length, list.row(9), list.row(10)]).toEqual([95, 9, undefined]);
    list.need(35, 52);
    list.need(40, 41);
    await settled();
    expect(asked).toEqual([0, 30, 40, 50]);
    expect([list.row(35), list.row(52), list.row(94)]).toEqual([35, 52, undefined]);
  });

  it('goes on where the total is only a lower bound', async () => {
    const list = listOf(47, 20);
    await list.reload();
    expect(list.length).toBe(20);
    list.need(19, 19);
    await settled();
    expect(list.length).toBe(30);
    list.need(20, 39);
    await settled();
    expect(list.length).toBe(50);
    list.need(40, 49);
    await settled();
    expect([list.row(46), list.row(47)]).toEqual([46, undefined]);
  });

  it('keeps what it shows until the new rows are there, and what failed is told', async () => {
    let isBroken = false;
    const list = new PagedList<number>(() => (isBroken ? Promise.reject(new Error('no')) : Promise.resolve({ items: [1], total: 1 })), 10);
    await list.reload();
    isBroken = true;
    await list.reload();
    expect([list.row(0), String(list.problem), list.isLoading]).toEqual([1, 'Error: no', false]);
    isBroken = false;
    await list.reload();
    expect(list.problem).toBeNull();
  });

  it('shows no more than can be scrolled to', async () => {
    const list = listOf(1_000_000, 1_000_000);
    await list.reload();
    expect([list.total, list.length]).toEqual([1_000_000, MOST_ROWS]);
  });
});
