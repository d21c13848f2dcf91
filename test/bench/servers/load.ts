// The load generator as a process, on the client core.

import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from '../../processes/child.ts';
import type { LoadResult, Plan } from '../load/plan.ts';
import { type Cores, pin } from './cores.ts';

const MAIN = fileURLToPath(new URL('../load/main.ts', import.meta.url));
const READY_MS_MAX = 20_000;

export class LoadProcess {
  readonly #child: Child<string>;

  static async start(cores: Cores | undefined): Promise<LoadProcess> {
    const child = await startChild(
      { name: 'the load generator', args: [MAIN], ready: listening, readyMsMax: READY_MS_MAX },
      () => {},
    );
    if (cores !== undefined) pin(child.pid, cores.client);
    return new LoadProcess(child);
  }

  private constructor(child: Child<string>) {
    this.#child = child;
  }

  /** Resolves when every ask of the plan was answered or has failed. */
  async run(plan: Plan): Promise<LoadResult> {
    if (plan.viewers.length === 0) throw new RangeError('expected at least one viewer');
    return JSON.parse(await post(`${this.#child.said}/run`, JSON.stringify(plan))) as LoadResult;
  }

  close(): Promise<void> {
    return this.#child.stop(2_000);
  }
}

/** Not fetch: it gives up after five minutes without a head. */
function post(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { method: 'POST' }, async (answer) => {
      const pieces: Buffer[] = [];
      for await (const piece of answer as AsyncIterable<Buffer>) pieces.push(piece);
      resolve(Buffer.concat(pieces).toString('utf8'));
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

function listening(line: unknown): string | undefined {
  const { load } = line as { load?: unknown };
  return typeof load === 'string' ? load : undefined;
}
