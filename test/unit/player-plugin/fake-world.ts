// A world for the plugin on a clock of its own: timers run when a test advances it, fetch is answered by the
// handlers that a test names, and a body arrives chunk by chunk as the test says.
import { setImmediate as turn } from 'node:timers/promises';
import type { World } from '../../../player-plugin/world.ts';

export type Handler = (request: FakeRequest) => Response | Promise<Response>;

export interface FakeRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly init: RequestInit;
  readonly signal: AbortSignal;
}

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

export class FakeWorld implements World {
  nowMs = 1_000;
  readonly warnings: string[] = [];
  readonly requests: FakeRequest[] = [];
  readonly #timers = new Set<Timer>();
  readonly #handlers = new Map<string, Handler>();
  #seed = 1;

  now = (): number => this.nowMs;
  warn = (message: string): void => void this.warnings.push(message);
  random = (): number => {
    this.#seed = (this.#seed * 16_807) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  };

  after = (delayMs: number, run: () => void): (() => void) => {
    const timer = { dueMs: this.nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const signal = init.signal ?? new AbortController().signal;
    const request = { url, method: init.method ?? 'GET', headers: new Headers(init.headers), init, signal };
    this.requests.push(request);
    const prefix = [...this.#handlers.keys()]
      .filter((each) => url.startsWith(each))
      .sort((a, b) => b.length - a.length)[0];
    const handler = prefix === undefined ? undefined : this.#handlers.get(prefix);
    if (!handler) throw new TypeError('connection refused');
    return await Promise.race([Promise.resolve(handler(request)), aborted(signal)]);
  };

  serve(prefix: string, handler: Handler): void {
    this.#handlers.set(prefix, handler);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let i = 0; i < 8; i += 1) await turn();
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await this.settle();
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.dueMs - b.dueMs)[0];
      if (!next || next.dueMs > untilMs) break;
      this.#timers.delete(next);
      this.nowMs = Math.max(this.nowMs, next.dueMs);
      next.run();
      await this.settle();
    }
    this.nowMs = untilMs;
    await this.settle();
  }

  /** A pause on this clock, for handlers. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Segment requests, without those of discovery. */
  get segmentRequests(): readonly FakeRequest[] {
    return this.requests.filter((request) => !request.url.includes('/.well-known/'));
  }
}

/** A body that a test feeds. */
export class FakeBody {
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined = undefined;
  readonly stream: ReadableStream<Uint8Array> = new ReadableStream({
    start: (controller) => {
      this.#controller = controller;
    },
  });

  send(bytes: Uint8Array): void {
    this.#controller?.enqueue(bytes);
  }

  end(): void {
    this.#controller?.close();
  }

  breakOff(): void {
    this.#controller?.error(new TypeError('network error'));
  }

  response(init: { total?: number; status?: number; headers?: Record<string, string> } = {}): Response {
    const headers = new Headers(init.headers);
    if (init.total !== undefined) headers.set('content-length', String(init.total));
    return new Response(this.stream as ReadableStream<Uint8Array<ArrayBuffer>>, {
      status: init.status ?? 200,
      headers,
    });
  }
}

/** Bytes that tell where they belong: byte i is i mod 251. */
export function segmentBytes(start: number, end: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: end - start }, (_, i) => (start + i) % 251);
}

/** All of a segment at once, ranges honoured. */
export function wholeAnswer(total: number, headers: Record<string, string> = {}): Handler {
  return ({ headers: asked }) => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(asked.get('range') ?? '');
    const start = range ? Number(range[1]) : 0;
    const end = range ? Number(range[2]) + 1 : total;
    const all = { 'content-length': String(end - start), etag: '"v1"', ...headers };
    const ranged = range ? { 'content-range': `bytes ${start}-${end - 1}/${total}` } : {};
    return new Response(segmentBytes(start, end), {
      status: range ? 206 : 200,
      headers: { ...ranged, ...all },
    });
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(new DOMException('aborted', 'AbortError'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });
}
