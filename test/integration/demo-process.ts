// The demo as a process of a test, and every process that came of it: children inherit a mark in their environment.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../demo/main.ts', import.meta.url));

export class DemoProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  output = '';
  errors = '';
  readonly #mark: string = `DEMO_OF_TEST=${randomUUID()}`;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [name = '', value = ''] = this.#mark.split('=');
    this.child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env, [name]: value },
    });
    this.child.stdout?.on('data', (text) => {
      this.output += text;
    });
    this.child.stderr?.on('data', (text) => {
      this.errors += text;
    });
    this.exited = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** @returns the page's address, once the demo is up
   *  @throws where it ended before */
  async up(): Promise<string> {
    const ended = this.exited.then(() => 'ended');
    for (;;) {
      const url = /plays at (http:\S+)/.exec(this.output)?.[1];
      if (url !== undefined) return url;
      const pause = new Promise((resolve) => setTimeout(resolve, 50));
      if ((await Promise.race([ended, pause])) === 'ended') {
        throw new Error(`the demo ended: ${this.output}${this.errors}`);
      }
    }
  }

  /** @returns the ids of the processes that still run, the demo's own included */
  left(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => environmentOf(pid).includes(this.#mark))
      .map(Number);
  }

  /** Waits until no process is left, for as long as the test may run. */
  async allGone(): Promise<void> {
    while (this.left().length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** For the end of a test, whatever came of it: as told, so that no directory is left, then by force. */
  async end(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.exited;
    for (const pid of this.left()) process.kill(pid, 'SIGKILL');
  }
}

/** @returns nothing for a process that is gone, or that is not ours */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
