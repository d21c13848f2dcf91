// One process that the demo runs: started, waited for, stopped, and its last words kept.
//
// A process says that it is ready by a line of JSON on standard output or error; whoever starts it names which line.
// Each is in a process group of its own, so that Ctrl-C reaches only the demo, which then stops the others in order;
// leash.ts ends those that the demo could not stop.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PlainError } from './plain-error.ts';

export interface ChildOptions<T> {
  /** For messages: `agent eu-ber`. */
  readonly name: string;
  /** Arguments of node. */
  readonly args: readonly string[];
  /** @returns what the process said of itself, where this line says that it is ready */
  readonly ready: (line: unknown) => T | undefined;
  readonly readyMsMax: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child<T> {
  readonly pid: number;
  /** What the ready line said. */
  readonly said: T;
  readonly exited: Promise<Exit>;
  lastLines(): readonly string[];
  kill(): void;
  /** SIGTERM; after `graceMs`, SIGKILL. Resolves when the process is gone. */
  stop(graceMs: number): Promise<void>;
}

const LINES_KEPT = 12;
const LINE_LENGTH_MAX = 400;
/** Nine processes compile the same sources: an agent is up after 0.25 s of CPU instead of 0.47 s. */
const COMPILE_CACHE = fileURLToPath(new URL('../../build/compile-cache', import.meta.url));
const LEASH = fileURLToPath(new URL('leash.ts', import.meta.url));

/** @param started told of the process at once, so that it can be stopped while it starts
 *  @throws PlainError with the process's last lines, where it ends or stays silent instead of getting ready */
export async function startChild<T>(
  options: ChildOptions<T>,
  started: (stop: () => void) => void,
): Promise<Child<T>> {
  const { name, readyMsMax } = options;
  const child = spawn(process.execPath, ['--import', LEASH, ...options.args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...withoutSettings(process.env), NODE_COMPILE_CACHE: COMPILE_CACHE },
    detached: true,
  });
  const lines: string[] = [];
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', (error) => {
      lines.push(error.message);
      if (child.pid === undefined) resolve({ code: null, signal: null });
    });
  });
  const kill = (): void => void child.kill('SIGKILL');
  started(kill);
  const said = await new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      kill();
      reject(new PlainError(`${name} did not get ready within ${readyMsMax / 1000} s${quoted(lines)}`));
    }, readyMsMax);
    listen(child, lines, (line) => {
      const value = options.ready(line);
      if (value === undefined) return;
      clearTimeout(timer);
      resolve(value);
    });
    void exited.then(async (exit) => {
      clearTimeout(timer);
      // The last lines may still be in the pipe.
      await new Promise((drained) => setTimeout(drained, 50));
      reject(new PlainError(`${name} ${howItEnded(exit)} at start${quoted(lines)}`));
    });
  });
  return {
    pid: child.pid ?? 0,
    said,
    exited,
    lastLines: () => [...lines],
    kill,
    stop: async (graceMs) => {
      child.kill('SIGTERM');
      const timer = setTimeout(kill, graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** The environment without settings of an agent that whoever runs the demo may have for one of their own. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('RINGCAST_')));
}

export function howItEnded(exit: Exit): string {
  return exit.signal === null ? `ended with exit code ${exit.code}` : `was ended by ${exit.signal}`;
}

function listen(child: ChildProcess, lines: string[], onJson: (line: unknown) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line.slice(0, LINE_LENGTH_MAX));
      if (lines.length > LINES_KEPT) lines.shift();
      const json = parsed(line);
      if (json !== undefined) onJson(json);
    });
  }
}

function parsed(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function quoted(lines: readonly string[]): string {
  return lines.length === 0 ? '; it said nothing' : `; its last lines:\n  ${lines.slice(-6).join('\n  ')}`;
}
