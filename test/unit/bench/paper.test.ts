import { expect, test } from 'vitest';
import type { Table } from '../../bench/bench.ts';
import { plotPage } from '../../bench/plot.ts';
import { shown, tableLines } from '../../bench/terminal.ts';
import { figureReport } from '../../figures.ts';

const TABLE: Table = {
  title: 'hits <of> 2mb',
  columns: ['server', 'MB/s', 'busy'],
  rows: [
    ['ringcast', 1234.5, 0.987_654],
    ['nginx & co', undefined, 0.5],
  ],
};

test('a table has its numbers below each other, and a dash where there is none', () => {
  expect(tableLines(TABLE)).toEqual([
    'hits <of> 2mb',
    '  server      MB/s   busy',
    '  ringcast    1235  0.988',
    '  nginx & co     -  0.500',
  ]);
});

test('numbers have three digits, or all of the whole ones', () => {
  expect([12_345.6, 99.95, 1.2345, 0.001_234, 7, -3.21, undefined, Number.NaN].map(shown)).toEqual([
    '12346',
    '100',
    '1.23',
    '0.00123',
    '7',
    '-3.21',
    '-',
    '-',
  ]);
});

test('the page holds every number and figure, loads nothing, and text stays text', () => {
  const figures = [{ name: 'hit.<x>', value: 1.04, unit: 'ratio', goal: '>= 1' }];
  const page = plotPage([TABLE], figureReport('bench hit', figures, { nginx: '1.22.1' }));
  for (const part of ['1235', '0.988', 'hits &#60;of&#62; 2mb', 'hit.&#60;x&#62;', 'nginx 1.22.1', 'met']) {
    expect(page).toContain(part);
  }
  expect(page).not.toContain('<of>');
  expect(page).not.toMatch(/<script|<link|src=|href=/);
});

test('bars are as long as their numbers, and none is negative', () => {
  const bars: Table = {
    ...TABLE,
    columns: ['server', 'ms'],
    rows: [
      ['a', 50],
      ['b', 100],
      ['c', -5],
    ],
  };
  const page = plotPage([bars], figureReport('bench hit', []));
  const widths = [...page.matchAll(/<rect [^>]*width="([\d.-]+)"/g)].map((match) => Number(match[1]));
  expect(widths).toHaveLength(3);
  expect(widths[1]).toBeCloseTo(2 * (widths[0] ?? 0), 0);
  expect(widths[2]).toBe(0);
});
