// Two real agents in one ring in front of the origin stub, with viewers that never rest.
//
// The viewers ask both agents for the same segments and for playlists, so that every source of an answer occurs: the
// store, another agent, the origin. Each round has a segment that nobody asked for before.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type OriginStub, startOriginStub } from '../../origin-stub/origin-stub.ts';

const CLI = fileURLToPath(new URL('../../agent/cli/main.ts', import.meta.url));
const REGION = 'eu/de/ber';
const NAMES = ['berlin-1', 'berlin-2'];
const READY_MAX_MS = 20_000;
const STOP_MAX_MS = 5_000;
const ROUND_MS = 150;

export interface WatchedAgents {
  /** Where they are scraped, `host:port`. */
  readonly admins: readonly string[];
  /** Rejects with the first request that went wrong. */
  stop(): Promise<void>;
}

export async function startWatchedAgents(): Promise<WatchedAgents> {
  const folder = await mkdtemp(join(tmpdir(), 'ringcast-dashboards-'));
  const origin = await startOriginStub();
  const agents: Agent[] = [];
  const viewers = new AbortController();
  const stopAll = async (): Promise<void> => {
    viewers.abort();
    await Promise.all(agents.map(({ process }) => ended(process)));
    await origin.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const seats = NAMES.map((name) => `${name}=${REGION}`);
    await promisify(execFile)(process.execPath, [CLI, 'init', join(folder, 'cluster'), ...seats]);
    for (const name of NAMES) {
      const identity = join(folder, 'cluster', name);
      agents.push(await startAgent(origin, identity, agents[0]?.link));
    }
  } catch (error) {
    await stopAll();
    throw error;
  }
  const watching = watch(
    agents.map(({ url }) => url),
    viewers.signal,
  );
  watching.catch(() => undefined);
  return {
    admins: agents.map(({ admin }) => admin),
    stop: async () => {
      viewers.abort();
      await watching.finally(stopAll);
    },
  };
}

interface Agent {
  readonly process: ChildProcess;
  readonly url: string;
  readonly link: string;
  readonly admin: string;
}

async function startAgent(origin: OriginStub, identity: string, seed: string | undefined): Promise<Agent> {
  const anyPort = '127.0.0.1:0';
  const flags = ['--origin', origin.url, '--listen', anyPort, '--link', anyPort, '--admin', anyPort];
  const place = [
    '--region',
    'eu/de/ber',
    '--identity',
    identity,
    ...(seed === undefined ? [] : ['--seed', seed]),
  ];
  const child = spawn(process.execPath, [CLI, 'agent', ...flags, ...place], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    return { process: child, ...(await addresses(child)) };
  } catch (error) {
    await ended(child);
    throw error;
  }
}

/** What the agent says of itself in its log line `agent.ready`. */
function addresses(child: ChildProcess): Promise<Omit<Agent, 'process'>> {
  return new Promise((resolve, reject) => {
    const last: string[] = [];
    const give = (why: string): void => reject(new Error(`${why}; its last lines:\n${last.join('\n')}`));
    const timer = setTimeout(() => give(`an agent was not ready within ${READY_MAX_MS} ms`), READY_MAX_MS);
    child.once('exit', (code) => give(`an agent ended with ${code}`));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        last.push(line);
        if (last.length > 10) last.shift();
        const said = line.startsWith('{') ? (JSON.parse(line) as Record<string, string>) : {};
        if (said.event !== 'agent.ready') return;
        clearTimeout(timer);
        resolve({ url: withScheme(said.public), link: bare(said.link), admin: bare(said.admin) });
      });
    }
  });
}

const bare = (address = ''): string => address.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
const withScheme = (address = ''): string => `http://${bare(address)}`;

async function watch(urls: readonly string[], signal: AbortSignal): Promise<void> {
  for (let round = 0; !signal.aborted; round += 1) {
    const paths = [`/synthetic-vod/100000x20000/seg-${round}.m4s`, '/live/master.m3u8'];
    // Twice: the second time every agent has it.
    for (const url of [...urls, ...urls]) {
      for (const path of paths) await get(url + path, signal);
    }
    await sleep(ROUND_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function get(url: string, signal: AbortSignal): Promise<void> {
  try {
    const response = await fetch(url, { signal });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), STOP_MAX_MS);
  await exit;
  clearTimeout(hard);
}
