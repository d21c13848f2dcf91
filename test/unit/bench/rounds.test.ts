import { expect, test } from 'vitest';
import { interleaved, median, ratios } from '../../bench/rounds.ts';

test('every round has every contender once, and none is always the first', async () => {
  const order: string[] = [];
  const contenders = ['a', 'b', 'c'].map((name) => ({ name }));
  const samples = await interleaved(contenders, 3, async ({ name }, round) => {
    order.push(name);
    return round;
  });
  expect(order.join('')).toBe('abcbcacab');
  expect(samples.get('b')).toEqual([0, 1, 2]);
});

test('ratios are taken round by round, before the median', () => {
  expect(ratios([2, 9, 4], [1, 3, 8])).toEqual([2, 3, 0.5]);
  expect(median([2, 3, 0.5])).toBe(2);
});

test('a round that has no rival, or one that did nothing, gives no ratio', () => {
  expect(ratios([2, 9, 4], [1, 0])).toEqual([2]);
});
