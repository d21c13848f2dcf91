// One request to the origin and its answer, as undici's dispatch handler: from the request to one end or one failure.
//
// Lengths are strict: a body shorter or longer than announced, a cut chunk, a reset under a body without a length are
// failures, because what this hands over as complete may be stored and given to everybody.
// Not seen: bytes too many after a response that says `connection: close`; they are dropped with the connection.

import type { Dispatcher } from 'undici';
import type { FetchFailure } from '../../core/ports.ts';
import type { PassSink } from '../../edge/ports.ts';
import { receivedFields } from './header-fields.ts';
import { codeOf, type Lane, type LaneUser } from './lane.ts';

export interface ExchangePlan {
  readonly options: Dispatcher.DispatchOptions;
  /** Of the origin, for sentences. */
  readonly origin: string;
  readonly headMs: number;
  readonly bodyIdleMs: number;
  /** May be sent a second time when a kept-alive connection turns out to be dead. */
  readonly retriable: boolean;
}

export class Exchange implements LaneUser {
  lane: Lane | undefined = undefined;
  readonly #plan: ExchangePlan;
  readonly #sink: PassSink;
  readonly #onOver: () => void;
  readonly #dispatcher: Dispatcher;
  readonly #headTimer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #retried = false;
  #over = false;
  #headSeen = false;
  #sentAtMs = performance.now();
  #size = -1;
  #received = 0;

  constructor(dispatcher: Dispatcher, plan: ExchangePlan, sink: PassSink, onOver: () => void) {
    this.#dispatcher = dispatcher;
    this.#plan = plan;
    this.#sink = sink;
    this.#onOver = onOver;
    this.#headTimer = setTimeout(() => this.#headLate(), plan.headMs);
  }

  /** The sink is never called before this returns. */
  start(): void {
    this.#dispatcher.dispatch(this.#plan.options, this);
  }

  cancel(): void {
    if (!this.#finish()) return;
    this.#controller?.abort(new Error('nobody wants the answer any more'));
  }

  /** The sink takes bytes again. */
  resume(): void {
    if (!this.#over) this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error('nobody wants the answer any more'));
    else this.#sentAtMs = performance.now();
  }

  onBodySent(): void {
    if (!this.#over && !this.#headSeen) this.#headTimer.refresh();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (this.#over || status < 200) return;
    clearTimeout(this.#headTimer);
    this.#headSeen = true;
    const { fields, contentLength } = receivedFields(controller.rawHeaders as Buffer[]);
    const bodiless = this.#plan.options.method === 'HEAD' || status === 204 || status === 304;
    this.#size = bodiless ? 0 : contentLength;
    const delayMs = performance.now() - this.#sentAtMs;
    this.#sink.head({ status, headers: fields, size: this.#size, delayMs });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    this.#received += chunk.length;
    if (!this.#sink.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    const { lane } = this;
    lane?.answered();
    // The rest of what came with the last bytes is parsed right after this returns: wait for its verdict.
    process.nextTick(() => this.#ended(lane?.broken));
  }

  onResponseError(controller: Dispatcher.DispatchController | null | undefined, error: Error): void {
    // Without a controller the request was never sent, and `start` may not have returned yet.
    if (controller === null || controller === undefined) queueMicrotask(() => this.#fail(error));
    else if (this.#isStale(error)) this.#retry();
    else this.#fail(error);
  }

  #ended(broken: Error | undefined): void {
    if (broken !== undefined) {
      const announced = this.#size >= 0 ? `${this.#size} bytes announced` : 'no length announced';
      this.#failAs(
        'origin-broken',
        `the body did not end cleanly: ${announced}, ${this.#received} came, then ${said(broken)}`,
      );
    } else if (this.#finish()) {
      this.#sink.end();
    }
  }

  /** The origin ended a kept-alive connection while this request was on its way: no byte of an answer came. */
  #isStale(error: Error): boolean {
    if (this.#over || this.#headSeen || this.#retried || !this.#plan.retriable) return false;
    const code = codeOf(error) ?? '';
    return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(code) && (this.lane?.answers ?? 0) > 0;
  }

  #retry(): void {
    this.#retried = true;
    this.#controller = undefined;
    this.#dispatcher.dispatch(this.#plan.options, this);
  }

  #headLate(): void {
    const { origin, headMs } = this.#plan;
    this.#failAs('origin-timeout', `no response head from ${origin} within ${headMs} ms`);
    this.#controller?.abort(new Error('the response head is late'));
  }

  #fail(error: Error): void {
    const { origin, bodyIdleMs } = this.#plan;
    const reason = this.#reason(error);
    if (!this.#headSeen) {
      this.#failAs(reason, `no response head from ${origin}: ${said(error)}`);
      return;
    }
    const expected = this.#size >= 0 ? `of ${this.#size} bytes` : 'bytes of a body of unknown length';
    const why = reason === 'origin-timeout' ? `no more within ${bodyIdleMs} ms` : said(error);
    this.#failAs(reason, `the body from ${origin} broke off after ${this.#received} ${expected}: ${why}`);
  }

  #reason(error: Error): FetchFailure {
    if (TIMEOUTS.has(codeOf(error) ?? '')) return 'origin-timeout';
    return this.#controller === undefined ? 'origin-unreachable' : 'origin-broken';
  }

  #failAs(reason: FetchFailure, detail: string): void {
    if (this.#finish()) this.#sink.fail(reason, detail);
  }

  /** @returns false where it was over already */
  #finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#headTimer);
    this.#onOver();
    return true;
  }
}

const TIMEOUTS: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
]);

/** Dialling several addresses fails with an empty message and a code. */
function said(error: Error): string {
  const code = codeOf(error);
  if (error.message === '') return code ?? error.name;
  return code === undefined || error.message.includes(code) ? error.message : `${error.message} (${code})`;
}
