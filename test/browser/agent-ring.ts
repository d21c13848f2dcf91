// A ring of real agents as processes of their own, with certificates from `ringcast init`, on free ports of loopback.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseRoster, ROSTER_PATH } from '../../agent/wire/roster.ts';

const CLI = fileURLToPath(new URL('../../agent/cli/main.ts', import.meta.url));
const READY_MS_MAX = 30_000;

export interface AgentRing {
  /** Base URLs for players. */
  readonly urls: readonly string[];
  /** kill -9 of every agent; resolves when they are gone. */
  killAll(): Promise<void>;
  /** The same, and the cluster's files removed. */
  stop(): Promise<void>;
}

/** Resolves when every agent names all others in its roster, and their links are open as in a ring that has run for
 *  a while: how long a cold ring takes to open them is not these tests' subject. */
export async function startAgentRing(originUrl: string, count: number): Promise<AgentRing> {
  const directory = await mkdtemp(`${tmpdir()}/ringcast-ring-`);
  const names = Array.from({ length: count }, (_, i) => `edge-${i + 1}`);
  await promisify(execFile)(process.execPath, [CLI, 'init', directory, ...names]);
  const children: ChildProcess[] = [];
  const killAll = async (): Promise<void> => {
    const living = children.filter((child) => child.exitCode === null && child.signalCode === null);
    const gone = living.map((child) => once(child, 'exit'));
    for (const child of living) child.kill('SIGKILL');
    await Promise.all(gone);
  };
  const stop = async (): Promise<void> => {
    await killAll();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const urls: string[] = [];
    let seed: string | undefined;
    for (const name of names) {
      const args = ['agent', '--origin', originUrl, '--listen', '127.0.0.1:0', '--link', '127.0.0.1:0'];
      args.push('--identity', `${directory}/${name}`, ...(seed === undefined ? [] : ['--seed', seed]));
      const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      children.push(child);
      const ready = await readyLine(child);
      urls.push(ready.public);
      seed ??= ready.link;
    }
    await Promise.all(urls.map((url) => namesAll(url, count)));
    await openLinks(urls);
    return { urls, killAll, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The log line in which an agent tells its addresses. */
async function readyLine(child: ChildProcess): Promise<{ public: string; link: string }> {
  const lines: string[] = [];
  const found = new Promise<{ public: string; link: string }>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (line.includes('"agent.ready"')) resolve(JSON.parse(line));
      });
    }
  });
  const failed = once(child, 'exit').then(() => {
    throw new Error(`the agent ended: ${lines.slice(-3).join(' | ')}`);
  });
  const late = sleep(READY_MS_MAX, undefined, { ref: false }).then(() => {
    throw new Error(`the agent was not ready in ${READY_MS_MAX} ms: ${lines.slice(-3).join(' | ')}`);
  });
  failed.catch(() => {});
  return await Promise.race([found, failed, late]);
}

/** Six names reach all of three homes nine times in ten. */
async function openLinks(urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    for (let i = 0; i < 6; i += 1) await (await fetch(`${url}/synthetic/1000/links-${i}`)).arrayBuffer();
  }
}

async function namesAll(url: string, count: number): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 100) {
    const parsed = parseRoster(await (await fetch(url + ROSTER_PATH)).text());
    if (parsed.ok && parsed.value.near.length === count) return;
    if (waitedMs > READY_MS_MAX) throw new Error(`${url} knows too few agents: ${JSON.stringify(parsed)}`);
    await sleep(100);
  }
}
