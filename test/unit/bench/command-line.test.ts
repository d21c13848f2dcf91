import { expect, test } from 'vitest';
import { readCommandLine } from '../../bench/command-line.ts';

const NAMES = ['flash', 'hit'];

test('a benchmark runs with what was asked for and nothing else', () => {
  expect(readCommandLine(['flash', '--quick', '--rounds', '7', '--live'], NAMES)).toEqual({
    is: 'run',
    options: {
      ...{ name: 'flash', quick: true, live: true, full: false, rounds: 7 },
      ...{ json: undefined, plot: undefined },
    },
  });
});

test.each([
  [['sprint'], 'expected one of flash, hit, got sprint'],
  [[], 'got nothing'],
  [['hit', 'flash'], 'got hit flash'],
  [['hit', '--rounds', '0'], '--rounds is a whole number'],
  [['hit', '--rounds'], '--rounds needs a value'],
  [['hit', '--quick=yes'], '--quick takes no value'],
  [['hit', '--speed', '3'], 'unknown flag --speed'],
  [['hit', '--live'], '--live is a part of flash'],
  [['hit', '--quick', '--full'], 'exclude each other'],
  [['hit', '--json', '/no/such/folder/f.json'], 'is not a directory'],
  [['hit', '--plot', '/'], 'that is a directory'],
])('%j is refused with one sentence', (args, sentence) => {
  const command = readCommandLine(args, NAMES);
  expect(command.is === 'wrong' && command.reason).toContain(sentence);
});
