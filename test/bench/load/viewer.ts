// One viewer: a connection that asks, reads and compares, and goes on at another port when one breaks off.
//
// It speaks HTTP/1.1 on a bare socket and reads into one buffer that all viewers share (a read is handled before the
// next one is made), so that a generator moves several GB/s on one core and the servers are what is measured.
// The bytes that must come are made before the clock of an ask starts.
// A viewer that has the beginning of an object asks the next port for the rest of it, as the player plugin does.

import { connect, type Socket } from 'node:net';
import type { Expected } from './expected.ts';
import type { Ask, Plan, ViewerPlan } from './plan.ts';
import { parseHead, type ResponseHead } from './response-head.ts';
import type { Tally } from './tally.ts';

const READ_BYTES = 512 * 1024;
const sharedBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

interface Asked {
  readonly ask: Ask;
  readonly askedMs: number;
  /** What must come; undefined where only the length is looked at. */
  readonly expected: Buffer | undefined;
  readonly size: number;
  firstByteMs: number;
  received: number;
  /** Index in the plan's ports. */
  port: number;
  /** Of the answer that is being read. */
  head: ResponseHead | undefined;
  headSoFar: Buffer;
  bodyLeft: number;
}

export class Viewer {
  readonly #plan: ViewerPlan;
  readonly #run: Plan;
  readonly #tally: Tally;
  readonly #expected: Expected;
  readonly #startedMs: number;
  readonly #done: () => void;
  #socket: Socket | undefined = undefined;
  #asked: Asked | undefined = undefined;
  #count = 0;

  constructor(
    plan: ViewerPlan,
    run: {
      readonly plan: Plan;
      readonly tally: Tally;
      readonly expected: Expected;
      readonly startedMs: number;
      readonly done: () => void;
    },
  ) {
    this.#plan = plan;
    this.#run = run.plan;
    this.#tally = run.tally;
    this.#expected = run.expected;
    this.#startedMs = run.startedMs;
    this.#done = run.done;
  }

  start(): void {
    this.#next();
  }

  /** Gives up on what takes too long. */
  look(nowMs: number): void {
    if (this.#asked === undefined || nowMs - this.#asked.askedMs < this.#run.askMsMax) return;
    this.#fail(`${this.#asked.ask.path}: not whole after ${this.#run.askMsMax} ms`);
  }

  #next(): void {
    const { asks } = this.#plan;
    const { loopMs } = this.#run;
    const nowMs = performance.now() - this.#startedMs;
    const ask = loopMs === undefined ? asks[this.#count] : asks[this.#count % asks.length];
    if (ask === undefined || (loopMs !== undefined && nowMs >= loopMs)) {
      this.#drop();
      this.#done();
      return;
    }
    const waitMs = loopMs === undefined ? ask.atMs - nowMs : 0;
    if (waitMs > 0) setTimeout(() => this.#begin(ask), waitMs);
    else this.#begin(ask);
  }

  #begin(ask: Ask): void {
    const compared = this.#count % this.#run.compareEvery === 0;
    this.#count += 1;
    const whole = compared && ask.lastByte !== true ? this.#expected.of(ask.path) : undefined;
    const expected = ask.lastByte === true ? this.#expected.lastByteOf(ask.path) : whole;
    const size = ask.lastByte === true ? 1 : Number(ask.path.split('/')[2]);
    this.#asked = {
      ask,
      askedMs: performance.now(),
      expected,
      size,
      firstByteMs: 0,
      received: 0,
      port: 0,
      head: undefined,
      headSoFar: NOTHING,
      bodyLeft: 0,
    };
    this.#send(this.#asked);
  }

  #send(asked: Asked): void {
    const { received, ask } = asked;
    asked.head = undefined;
    asked.headSoFar = NOTHING;
    const from = received > 0 ? `Range: bytes=${received}-\r\n` : '';
    const range = ask.lastByte === true ? 'Range: bytes=-1\r\n' : from;
    this.#socket ??= this.#connect(this.#plan.ports[asked.port] ?? 0);
    this.#socket.write(`GET ${ask.path} HTTP/1.1\r\nHost: bench\r\n${range}\r\n`);
  }

  #connect(port: number): Socket {
    const socket: Socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: sharedBuffer,
        callback: (count) => {
          if (socket === this.#socket) this.#read(sharedBuffer.subarray(0, count));
          return true;
        },
      },
    });
    const over = (why: string) => () => {
      if (socket === this.#socket) this.#broken(why);
    };
    socket.on('error', (error: NodeJS.ErrnoException) => over(error.code ?? error.message)());
    socket.on('end', over('the connection was closed'));
    socket.on('close', over('the connection was closed'));
    return socket;
  }

  #read(chunk: Buffer): void {
    const asked = this.#asked;
    if (asked === undefined) {
      this.#tally.problem('bytes that nobody asked for');
      this.#drop();
      return;
    }
    if (asked.head !== undefined) {
      this.#body(asked, asked.head, chunk);
      return;
    }
    const soFar = asked.headSoFar.length === 0 ? chunk : Buffer.concat([asked.headSoFar, chunk]);
    const head = parseHead(soFar);
    if (head === undefined) {
      asked.headSoFar = Buffer.from(soFar);
      return;
    }
    const wrong = typeof head === 'string' ? head : unexpected(head, asked);
    if (typeof head === 'string' || wrong !== undefined) {
      this.#broken(`${asked.ask.path}: ${wrong}`);
      return;
    }
    asked.head = head;
    asked.bodyLeft = head.bodyBytes;
    if (soFar.length > head.headBytes) this.#body(asked, head, soFar.subarray(head.headBytes));
  }

  #body(asked: Asked, head: ResponseHead, bytes: Buffer): void {
    if (asked.firstByteMs === 0) asked.firstByteMs = performance.now();
    const { expected, received } = asked;
    this.#tally.bytes += bytes.length;
    asked.received += bytes.length;
    asked.bodyLeft -= bytes.length;
    const right =
      expected === undefined ||
      (asked.received <= expected.length &&
        expected.compare(bytes, 0, bytes.length, received, asked.received) === 0);
    if (!right || asked.bodyLeft < 0) {
      this.#tally.wrong += 1;
      this.#fail(
        `${asked.ask.path}: wrong bytes in [${received}, ${asked.received}) from port ${asked.port}`,
      );
      return;
    }
    if (asked.bodyLeft > 0) return;
    this.#tally.answer(asked.firstByteMs - asked.askedMs, performance.now() - asked.askedMs);
    this.#asked = undefined;
    if (!head.keepAlive) this.#drop();
    this.#next();
  }

  /** The port did not give what was asked: the next one, or none. */
  #broken(why: string): void {
    this.#drop();
    const asked = this.#asked;
    if (asked === undefined) return;
    asked.port += 1;
    if (asked.port >= this.#plan.ports.length) {
      this.#fail(why);
      return;
    }
    this.#tally.resumed += 1;
    this.#send(asked);
  }

  #fail(why: string): void {
    this.#asked = undefined;
    this.#tally.failed += 1;
    this.#tally.problem(why);
    this.#drop();
    // A loop against a dead server would otherwise spin.
    setTimeout(() => this.#next(), 5);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }
}

const NOTHING = Buffer.alloc(0);

function unexpected(head: ResponseHead, asked: Asked): string | undefined {
  const partly = asked.received > 0 || asked.ask.lastByte === true;
  if (head.status !== (partly ? 206 : 200)) return `status ${head.status}`;
  const left = asked.size - asked.received;
  return head.bodyBytes === left ? undefined : `a body of ${head.bodyBytes} bytes instead of ${left}`;
}
