// A server under test that is not ours: started on the server core, waited for, measured, stopped.
//
// `setpriv --pdeathsig` ends it with the benchmark, however that ended (kill -9 included).

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlainError } from '../../processes/plain-error.ts';
import type { Cores } from './cores.ts';

export interface Server {
  readonly name: string;
  /** By which it is reached on 127.0.0.1. */
  readonly port: number;
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

const READY_MS_MAX = 15_000;
const STOP_MS_MAX = 3_000;
const LINES_KEPT = 2_000;

export async function startServer(options: {
  readonly name: string;
  readonly command: readonly string[];
  readonly port: number;
  readonly cores: Cores | undefined;
}): Promise<Server> {
  const { name, command, port, cores } = options;
  const pinned = cores === undefined ? [] : ['taskset', '-c', String(cores.server)];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...pinned, ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let words = '';
  child.stderr.on('data', (bytes: Buffer) => {
    words = (words + bytes.toString()).slice(-LINES_KEPT);
  });
  let ended = false;
  const exited = once(child, 'exit').then(() => {
    ended = true;
  });
  const startedMs = performance.now();
  while (!(await accepts(port))) {
    if (ended || performance.now() - startedMs > READY_MS_MAX) {
      child.kill('SIGKILL');
      throw new PlainError(`${name} did not start: ${words.trim() || 'it said nothing'}`);
    }
    await sleep(20);
  }
  return { name, port, pids: [child.pid ?? 0], stop: () => stop(child, exited) };
}

async function stop(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await exited;
  clearTimeout(timer);
}

/** A port that nobody listens on. Another process may take it meanwhile: then the server says so at its start. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** @returns the first version number in what a command says of itself, undefined where there is no such command */
export function versionOf(command: string, flag: string): string | undefined {
  const { stdout, stderr, error } = spawnSync(command, [flag], { encoding: 'utf8' });
  return error === undefined ? /\d+\.\d+(?:\.\d+)?/.exec(`${stdout}${stderr}`)?.[0] : undefined;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
