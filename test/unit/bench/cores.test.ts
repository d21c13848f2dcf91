import { expect, test } from 'vitest';
import { cpuSecondsOf, listOf, parseStat } from '../../bench/servers/cores.ts';

test('the CPU of a process is found behind a name with spaces and parentheses', () => {
  const stat = '42 (a) b) S 7 42 42 0 -1 4194304 100 0 0 0 150 25 3 4 20 0 11 0 12345 1000 100';
  expect(parseStat(stat)).toEqual({ parent: 7, ticks: 175 });
});

test('a list of cores is read with its ranges', () => {
  expect(listOf('0-2,5')).toEqual([0, 1, 2, 5]);
  expect(listOf('3')).toEqual([3]);
  expect(listOf('')).toEqual([]);
});

test('a process that is gone has used nothing, and this one something', () => {
  expect(cpuSecondsOf([2 ** 30])).toBe(0);
  expect(cpuSecondsOf([process.pid])).toBeGreaterThan(0);
});
