// A real Prometheus with the committed configuration, for as long as a test needs it.
//
// The configuration is the one in dashboards/, with the scrape interval cut from 15 s to 1 s and the agents under
// test as its targets; everything else is what an operator runs.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const DASHBOARDS = fileURLToPath(new URL('../../dashboards', import.meta.url));
const START_MAX_MS = 20_000;
const STOP_MAX_MS = 5_000;

export interface Prometheus {
  /** Instant query. @returns the values of its series, those that are a number */
  query(expr: string): Promise<number[]>;
  /** @returns values of a label over the series that match */
  labelValues(label: string, match: string): Promise<string[]>;
  stop(): Promise<void>;
}

/** @param targets admin addresses, `host:port` */
export async function startPrometheus(targets: readonly string[]): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'ringcast-prometheus-'));
  await configure(folder, targets);
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const stop = async (): Promise<void> => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  const base = `http://127.0.0.1:${port}`;
  try {
    await ready(child, base);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop, query: (expr) => query(base, expr), labelValues: (...which) => labelValues(base, ...which) };
}

/** Runs promtool. @returns what it said; rejects with that where it found a fault */
export async function promtool(...args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)('promtool', args);
  return stdout + stderr;
}

/** A port that was free a moment ago, for programs that cannot tell which one they took. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function configure(folder: string, targets: readonly string[]): Promise<void> {
  const committed = await readFile(join(DASHBOARDS, 'prometheus.yml'), 'utf8');
  const config = committed.replaceAll(/_interval: \d+s/g, '_interval: 1s');
  if (config === committed) throw new Error('prometheus.yml has no interval to shorten');
  await writeFile(join(folder, 'prometheus.yml'), config);
  await copyFile(join(DASHBOARDS, 'alerts.yml'), join(folder, 'alerts.yml'));
  await mkdir(join(folder, 'targets'));
  await writeFile(join(folder, 'targets', 'agents.yaml'), `- targets: ${JSON.stringify(targets)}\n`);
}

async function ready(child: ChildProcess, base: string): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2_000);
  });
  let failure: Error | undefined;
  child.once('error', (cause) => {
    failure = new Error('prometheus could not be started: install the Debian package prometheus', { cause });
  });
  const untilMs = Date.now() + START_MAX_MS;
  while (Date.now() < untilMs) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}: ${said}`);
    const answer = await fetch(`${base}/-/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error(`prometheus was not ready within ${START_MAX_MS} ms: ${said}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), STOP_MAX_MS);
  await exit;
  clearTimeout(hard);
}

async function query(base: string, expr: string): Promise<number[]> {
  const { result } = (await ask(`${base}/api/v1/query?${new URLSearchParams({ query: expr })}`)) as {
    result: { value: [number, string] }[];
  };
  return result.map(({ value }) => Number(value[1])).filter((value) => Number.isFinite(value));
}

async function labelValues(base: string, label: string, match: string): Promise<string[]> {
  return (await ask(
    `${base}/api/v1/label/${label}/values?${new URLSearchParams({ 'match[]': match })}`,
  )) as string[];
}

async function ask(url: string): Promise<unknown> {
  const answer = (await (await fetch(url)).json()) as { status: string; error?: string; data: unknown };
  if (answer.status !== 'success') throw new Error(`prometheus refused ${url}: ${answer.error}`);
  return answer.data;
}
