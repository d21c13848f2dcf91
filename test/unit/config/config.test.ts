import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkConfig, readConfig } from '../../../agent/config/config.ts';

const MINIMAL = ['--origin', 'http://origin.example/hls', '--listen', '127.0.0.1:8080'];

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringcast-config-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function problemsOf(args: readonly string[], env: Record<string, string> = {}): readonly string[] {
  const result = readConfig(args, env);
  return result.ok ? [] : result.problems;
}

function fileWith(text: string): string {
  const path = join(directory, 'agent.json');
  writeFileSync(path, text);
  return path;
}

describe('readConfig', () => {
  test('an origin and a listening address are enough, the rest has safe defaults', () => {
    const result = readConfig(MINIMAL, {});
    expect(result).toMatchObject({
      ok: true,
      config: { region: 'local', seed: [], 'ram-bytes': 268_435_456 },
    });
  });

  test('the command line wins over the environment, which wins over the file', () => {
    const file = fileWith('{"region":"eu","weight":1,"ram-bytes":"64MiB"}');
    const env = { RINGCAST_CONFIG: file, RINGCAST_REGION: 'us', RINGCAST_WEIGHT: '2' };
    expect(readConfig([...MINIMAL, '--region', 'asia'], env)).toMatchObject({
      ok: true,
      config: { region: 'asia', weight: 2, 'ram-bytes': 67_108_864 },
    });
  });

  test('seeds add up on the command line and come comma-separated from the environment', () => {
    const linked = [...MINIMAL, '--link', '127.0.0.1:9000', '--identity', 'x'];
    const flags = readConfig([...linked, '--seed', 'a:1', '--seed', 'b:2'], {});
    expect(flags).toMatchObject({ ok: true, config: { seed: ['a:1', 'b:2'] } });
    const env = readConfig(linked, { RINGCAST_SEED: 'a:1, b:2' });
    expect(env).toMatchObject({ ok: true, config: { seed: ['a:1', 'b:2'] } });
  });

  test('everything that is wrong is reported at once', () => {
    const problems = problemsOf(['--orign', 'x', '--region', 'EU', '--weight', '256', 'stray', '--seed']);
    expect(problems).toEqual([
      'unknown option --orign: did you mean origin?',
      'unexpected "stray": options start with --',
      '--seed needs a value',
      'origin is missing: give --origin URL',
      'listen is missing: give --listen HOST:PORT',
      'region: expected labels of a-z, 0-9 and - with / between them, at most 6, got "EU"',
      'weight: expected at most 255, got 256',
    ]);
  });

  test.each([
    ['--origin', 'ftp://x', 'origin: expected an http or https URL'],
    ['--origin', 'http://user:pass@x/', 'origin: expected an http or https URL'],
    ['--listen', '127.0.0.1', 'listen: expected HOST:PORT'],
    ['--listen', '127.0.0.1:65536', 'listen: expected HOST:PORT'],
    ['--ram-bytes', '12 monkeys', 'ram-bytes: expected a whole number'],
    ['--ram-bytes', '1', 'ram-bytes: expected at least 1048576, got 1'],
    ['--public-url', 'http://x/path', 'public-url: expected an http or https URL without a path'],
    ['--log-level', 'loud', 'log-level: expected debug, info, warn, error or silent, got "loud"'],
    ['--ignored-query', 'a=b', 'ignored-query: expected a parameter name, got "a=b"'],
  ])('%s %s is refused with what was expected', (flag, value, problem) => {
    const others = MINIMAL.filter((_, index, all) => all[index - (index % 2)] !== flag);
    expect(problemsOf([...others, flag, value]).join()).toContain(problem);
  });

  test('options that need each other say so', () => {
    expect(problemsOf([...MINIMAL, '--seed', 'a:1']).join()).toContain('need link');
    expect(problemsOf([...MINIMAL, '--link', '127.0.0.1:9000']).join()).toContain('link needs identity');
    expect(problemsOf([...MINIMAL, '--link', '0.0.0.0:9000', '--identity', 'x']).join()).toContain(
      'advertise-link',
    );
    expect(problemsOf([...MINIMAL, '--ram-bytes', '1MiB']).join()).toContain('object-bytes-max');
  });

  test.each([
    ['{', 'is not JSON'],
    ['[]', 'must hold one JSON object'],
    ['{"regoin":"eu"}', 'unknown option "regoin": did you mean region?'],
  ])('a file that holds %s is refused', (text, problem) => {
    expect(problemsOf([...MINIMAL, '--config', fileWith(text)]).join()).toContain(problem);
  });

  test('a file that is not there is refused by name', () => {
    expect(problemsOf([...MINIMAL, '--config', '/nowhere/agent.json']).join()).toContain(
      '/nowhere/agent.json cannot be read',
    );
  });

  test('a flag given twice is refused', () => {
    expect(problemsOf([...MINIMAL, '--region', 'eu', '--region', 'us'])).toEqual(['--region is given twice']);
  });
});

test('options given by a program are checked by the same rules', () => {
  expect(checkConfig({ origin: 'http://x', listen: '127.0.0.1:0' })).toMatchObject({ ok: true });
  expect(checkConfig({ origin: 'http://x', listen: '127.0.0.1:0', colour: 'red' })).toEqual({
    ok: false,
    problems: ['unknown option colour'],
  });
});
