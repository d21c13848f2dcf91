// What the demo's command line takes and refuses.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCommandLine } from '../../demo/command-line.ts';

test('without flags the page is on 8080, with an audience, until told to stop', () => {
  expect(readCommandLine([])).toEqual({
    is: 'run',
    options: { port: 8080, durationS: undefined, viewers: 20, json: undefined },
  });
});

test('every flag is taken, with = or a space', () => {
  const json = join(tmpdir(), 'figures.json');
  expect(readCommandLine(['--port=0', '--duration', '30', '--viewers', '6', '--json', json])).toEqual({
    is: 'run',
    options: { port: 0, durationS: 30, viewers: 6, json },
  });
});

test.each([
  [['--bogus'], 'unknown flag --bogus, see --help'],
  [['here'], "unexpected 'here': everything is a flag, see --help"],
  [['--port'], '--port needs a value'],
  [['--port', '70000'], "--port is a whole number from 0 to 65535, got '70000'"],
  [['--duration', '1.5'], "--duration is a whole number from 1 to 86400, got '1.5'"],
  [['--viewers=-1'], "--viewers is a whole number from 0 to 500, got '-1'"],
  [['--json', 'x.json'], '--json needs --duration: figures are of a run that ends'],
  [
    ['--json', 'x.json', '--duration', '5', '--viewers', '0'],
    '--json needs viewers: figures are what they got',
  ],
])('%j is refused in one sentence', (args, reason) => {
  expect(readCommandLine(args)).toEqual({ is: 'wrong', reason });
});

test('a file that cannot be written is refused before the run', () => {
  const missing = join(tmpdir(), 'no-such-folder', 'x.json');
  expect(readCommandLine(['--duration', '5', '--json', missing])).toMatchObject({ is: 'wrong' });
  expect(readCommandLine(['--duration', '5', '--json', tmpdir()])).toEqual({
    is: 'wrong',
    reason: `--json ${tmpdir()}: that is a directory`,
  });
});
