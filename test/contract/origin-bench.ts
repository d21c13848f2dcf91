// What the contract suites of an origin port share: opening it, a scripted origin to ask, and what a sink saw.

import { afterEach } from 'vitest';
import type { FetchFailure } from '../../agent/core/ports.ts';
import type { FillSink, OriginPort, OriginRequest, ResponseHead } from '../../agent/edge/ports.ts';
import { type Answer, type RawOrigin, rawOrigin } from './raw-origin.ts';

export interface OriginLimits {
  readonly headMs?: number;
  readonly bodyIdleMs?: number;
  readonly requestsMax?: number;
  readonly connectionsMax?: number;
}

export interface OriginUnderTest {
  open(base: string, limits: OriginLimits): { origin: OriginPort; close(done: () => void): void };
}

export interface Seen {
  readonly head: ResponseHead | undefined;
  readonly body: Buffer;
  readonly outcome: 'end' | FetchFailure;
  readonly detail: string;
  /** Names of the calls, in order; repeated `bytes` once. */
  readonly calls: readonly string[];
}

/** A sink that copies what it is given, as the port says, and notes the order of the calls. */
export class Gatherer implements FillSink {
  readonly calls: string[] = [];
  readonly chunks: Buffer[] = [];
  readonly seen: Promise<Seen>;
  received: ResponseHead | undefined;
  onBytes: () => void = () => {};
  #settle: (seen: Seen) => void = () => {};

  constructor() {
    this.seen = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  filling(): void {
    this.calls.push('filling');
  }

  head(head: ResponseHead): void {
    this.calls.push('head');
    this.received = head;
  }

  bytes(chunk: Uint8Array): void {
    if (this.calls.at(-1) !== 'bytes') this.calls.push('bytes');
    this.chunks.push(Buffer.from(chunk));
    this.onBytes();
  }

  end(): void {
    this.calls.push('end');
    this.#done('end', '');
  }

  fail(reason: FetchFailure, detail: string): void {
    this.calls.push('fail');
    this.#done(reason, detail);
  }

  descriptor(): void {
    throw new Error('an origin sends no descriptors');
  }

  redirected(): void {
    throw new Error('an origin does not redirect to agents');
  }

  #done(outcome: Seen['outcome'], detail: string): void {
    this.#settle({
      head: this.received,
      body: Buffer.concat(this.chunks),
      outcome,
      detail,
      calls: this.calls,
    });
  }
}

/** A client may use a connection again a few turns after its answer has ended, not in the same one. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export const GET: OriginRequest = { method: 'GET', target: '/a.ts', headers: [] };

/** Asks and gathers what comes. */
export function get(origin: OriginPort, request: Partial<OriginRequest> = {}): Promise<Seen> {
  const sink = new Gatherer();
  origin.fetch({ ...GET, ...request }, sink);
  return sink.seen;
}

export interface OriginBench {
  /** A port to this base, closed after the test. */
  port(base: string, limits?: OriginLimits): OriginPort;
  /** An origin that answers as told, closed after the test. */
  raw(answer: Answer): Promise<RawOrigin>;
  /** A port to an origin that gives these bytes to every request; `then` what happens to the connection. */
  answering(bytes: string, then?: 'keep' | 'end' | 'reset', limits?: OriginLimits): Promise<OriginPort>;
}

export function originBench(under: OriginUnderTest): OriginBench {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  function port(base: string, limits: OriginLimits = {}): OriginPort {
    const { origin, close } = under.open(base, limits);
    closers.unshift(() => new Promise((resolve) => close(resolve)));
    return origin;
  }

  async function raw(answer: Answer): Promise<RawOrigin> {
    const server = await rawOrigin(answer);
    closers.push(() => server.close());
    return server;
  }

  async function answering(
    bytes: string,
    then: 'keep' | 'end' | 'reset' = 'keep',
    limits: OriginLimits = {},
  ) {
    const server = await raw((socket) => {
      socket.write(bytes, 'latin1', () => {
        if (then === 'end') socket.end();
        if (then === 'reset') setTimeout(() => socket.resetAndDestroy(), 20);
      });
    });
    return port(server.base, limits);
  }

  return { port, raw, answering };
}
