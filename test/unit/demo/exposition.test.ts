// Reading an agent's metrics.

import { expect, test } from 'vitest';
import { Exposition } from '../../demo/exposition.ts';

const TEXT = `# HELP x_total words with x_total 9
# TYPE x_total counter
x_total{direction="sent",kind="a"} 3
x_total{kind="b",direction="sent"} 4
x_total{direction="received"} 10
x_total_more 100
plain 1.5e3
odd NaN
`;

test('a sum goes over every series of exactly that name', () => {
  const read = new Exposition(TEXT);
  expect(read.sum('x_total')).toBe(17);
  expect(read.sum('plain')).toBe(1_500);
});

test('labels narrow a sum wherever they stand', () => {
  const read = new Exposition(TEXT);
  expect(read.sum('x_total', { direction: 'sent' })).toBe(7);
  expect(read.sum('x_total', { direction: 'sent', kind: 'b' })).toBe(4);
});

test('what is not there, or is no number, counts nothing', () => {
  const read = new Exposition(TEXT);
  expect(read.sum('missing')).toBe(0);
  expect(read.sum('odd')).toBe(0);
  expect(read.sum('x_total', { direction: 'sen' })).toBe(0);
});
