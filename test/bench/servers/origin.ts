// The origin stub in a process of its own, with its counters and faults over its control interface.

import { fileURLToPath } from 'node:url';
import type { CounterReport } from '../../../origin-stub/counters.ts';
import type { FaultRule } from '../../../origin-stub/fault-rules.ts';
import { type Child, startChild } from '../../processes/child.ts';
import { type Cores, pin } from './cores.ts';

const MAIN = fileURLToPath(new URL('../../../origin-stub/main.ts', import.meta.url));
const READY_MS_MAX = 20_000;

export class OriginProcess {
  readonly url: string;
  readonly port: number;
  readonly #child: Child<{ url: string; port: number }>;

  static async start(cores: Cores | undefined): Promise<OriginProcess> {
    const child = await startChild(
      { name: 'the origin', args: [MAIN], ready: listening, readyMsMax: READY_MS_MAX },
      () => {},
    );
    if (cores !== undefined) pin(child.pid, cores.client);
    return new OriginProcess(child);
  }

  private constructor(child: Child<{ url: string; port: number }>) {
    this.#child = child;
    this.url = child.said.url;
    this.port = child.said.port;
  }

  async counters(): Promise<CounterReport> {
    return (await this.#ask('GET', 'counters')) as CounterReport;
  }

  /** @returns requests that each path was asked for with */
  async requestsFor(paths: readonly string[]): Promise<number[]> {
    const { paths: counted } = await this.counters();
    return paths.map((path) => counted[path]?.requests ?? 0);
  }

  async setFaults(rules: readonly FaultRule[]): Promise<void> {
    await this.#ask('POST', 'faults', JSON.stringify(rules));
  }

  close(): Promise<void> {
    return this.#child.stop(2_000);
  }

  async #ask(method: string, what: string, body?: string): Promise<unknown> {
    const answer = await fetch(`${this.url}/_stub/${what}`, { method, body: body ?? null });
    if (!answer.ok) throw new Error(`the origin answers ${answer.status}: ${await answer.text()}`);
    return await answer.json();
  }
}

function listening(line: unknown): { url: string; port: number } | undefined {
  const said = line as { url?: unknown; port?: unknown };
  return typeof said.url === 'string' && typeof said.port === 'number'
    ? { url: said.url, port: said.port }
    : undefined;
}
