import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { figureReport, meets, percentile } from '../figures.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

function sim(...args: string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
}

describe('the simulator’s command', () => {
  test('writes the figures of an experiment, the same for the same seed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sim-'));
    try {
      const file = join(folder, 'figures.json');
      const run = () => sim('grow', '--agents', '9', '--regions', '3', '--seed', '5', '--json', file);
      const [first, second] = [run(), run()];
      expect(first.status).toBe(0);
      const trace = /trace ([0-9a-f]{16})/.exec(first.stderr)?.[1];
      expect(trace).toBeDefined();
      expect(second.stderr).toContain(trace);
      const report = JSON.parse(readFileSync(file, 'utf8'));
      expect(report.machine.node).toBe(process.version);
      expect(report.figures.map(({ name }: { name: string }) => name)).toContain('sim.grow.converged_s');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    [['grown']],
    [[]],
    [['grow', '--agents', '0']],
    [['grow', '--agents', 'many']],
    [['grow', '--loss', '1']],
    [['grow', '--what']],
  ])('refuses %j in one line and how it is used, with status 2', (args) => {
    const { status, stderr } = sim(...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^sim: .*\nusage: /);
  });
});

describe('figures', () => {
  test('are judged by their goal, and only those that have one', () => {
    const { figures } = figureReport('sim', [
      { name: 'a', value: 1, unit: 's', goal: '<= 1' },
      { name: 'b', value: 1, unit: 's', goal: '= 0' },
      { name: 'c', value: 1, unit: 's' },
    ]);
    expect(figures.map((figure) => figure.pass)).toEqual([true, false, undefined]);
  });

  test('know every comparison and refuse a goal that is none', () => {
    expect(['< 2', '<= 2', '= 2', '>= 2', '> 2'].map((goal) => meets(2, goal))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    expect(() => meets(1, 'about 2')).toThrow('expected a goal');
  });

  test('take percentiles by the nearest rank', () => {
    expect([0, 0.5, 0.99, 1].map((share) => percentile([4, 1, 3, 2], share))).toEqual([1, 2, 4, 4]);
    expect(() => percentile([], 0.5)).toThrow('at least one');
  });
});
