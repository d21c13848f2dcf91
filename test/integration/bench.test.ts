// A benchmark as somebody would run it, small: figures come out, and nothing is left running.

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { FigureReport } from '../figures.ts';
import { until } from '../processes/ring-fleet.ts';

const MAIN = fileURLToPath(new URL('../bench/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ringcast-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a small flash crowd has its figures, its page, and no process left', async () => {
  const [json, plot] = [join(folder, 'flash.json'), join(folder, 'flash.html')];
  const { child, mark, words } = start(['flash', '--quick', '--live', '--json', json, '--plot', plot]);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect(code, words()).toBe(0);
  const report = JSON.parse(readFileSync(json, 'utf8')) as FigureReport;
  const value = (name: string): number | undefined =>
    report.figures.find((each) => each.name === name)?.value;
  expect(value('flash.wrong_bytes')).toBe(0);
  expect(value('flash.failed')).toBe(0);
  expect(value('flash.origin_fetches_per_region')).toBe(1);
  expect(value('flash.ttfb_p99_over_varnish_ms')).toBeTypeOf('number');
  expect(value('flash.killed.total_p99_ms')).toBeGreaterThan(0);
  expect(value('push.before_asked')).toBeUndefined();
  expect(words()).toContain('not measured: push.before_asked');
  expect(Object.keys(report.machine.peers)).toEqual(['nginx', 'varnish']);
  expect(readFileSync(plot, 'utf8')).toContain('home killed mid-segment');
  expect(marked(mark)).toEqual([]);
});

test('a benchmark that is killed takes everything with it', async () => {
  const { child, mark } = start(['miss', '--quick', '--rounds', '100']);
  // The origin, the generator, an agent, nginx, and Varnish with its child.
  while (marked(mark).length < 7) await sleep(50);
  child.kill('SIGKILL');
  await until(async () => marked(mark), [], 5_000);
});

function start(args: readonly string[]): {
  child: ReturnType<typeof spawn>;
  mark: string;
  words: () => string;
} {
  const mark = `BENCH_TEST_MARK=${process.pid}-${args[0]}`;
  const [name = '', value] = mark.split('=');
  // What a killed benchmark leaves in its temporary directories goes with the test's own.
  const env = { ...process.env, [name]: value, TMPDIR: folder };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      words += bytes.toString();
    });
  }
  return { child, mark, words: () => words };
}

/** @returns processes that were started with the mark in their environment, however far down */
function marked(mark: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark);
    } catch {
      return false;
    }
  });
}
