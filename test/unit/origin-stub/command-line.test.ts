// The command line: what it takes, and one sentence for each mistake.
import { describe, expect, it } from 'vitest';
import { readCommandLine } from '../../../origin-stub/command-line.ts';

describe('the command line', () => {
  it('may be empty', () => {
    expect(readCommandLine([])).toEqual({ is: 'run', options: {} });
  });

  it('takes every flag, with a space or an equals sign', () => {
    const args = '--port 8081 --host=::1 --window-segments 12 --epoch-ms=5 --fault-seed 0'.split(' ');
    const options = { port: 8081, host: '::1', windowSegments: 12, epochMs: 5, faultSeed: 0 };
    expect(readCommandLine(args)).toEqual({ is: 'run', options });
  });

  it('asks for help', () => {
    expect(readCommandLine(['--help'])).toEqual({ is: 'help' });
  });

  it.each([
    ['--prot 80', 'unknown flag --prot, see --help'],
    ['-p 80', 'unknown flag -p, see --help'],
    ['--toString 80', 'unknown flag --toString, see --help'],
    ['8081', "unexpected '8081': everything is a flag, see --help"],
    ['--port', '--port needs a value'],
    ['--port=', '--port needs a value'],
    ['--host=', '--host needs a value'],
    ['--port 65536', "--port is a whole number from 0 to 65535, got '65536'"],
    ['--port 80a', "--port is a whole number from 0 to 65535, got '80a'"],
    ['--port=-1', "--port is a whole number from 0 to 65535, got '-1'"],
    ['--port 1e3', "--port is a whole number from 0 to 65535, got '1e3'"],
    ['--window-segments 7', "--window-segments is a whole number from 8 to 1000, got '7'"],
  ])('refuses %s', (line, reason) => {
    expect(readCommandLine(line.split(' '))).toEqual({ is: 'wrong', reason });
  });
});
