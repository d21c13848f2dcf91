// One answer to a player, written to a stream as messages: the twin of what the HTTP listener does with a response.
//
// Stored or arriving, a body is read by a pump at the pace at which the library takes it; a passed body is written by
// the edge. A body that breaks off ends with `reset`, never with `end`: a player must not take a part for the whole.

import type { Counts, Timings } from '../../core/counters.ts';
import type { FetchFailure, FillId } from '../../core/ports.ts';
import { Fill } from '../../edge/fill.ts';
import type { AnswerSource, EdgeErrorCode, ReplyHead, ReplyWriter, ViewerReply } from '../../edge/ports.ts';
import { Pump } from '../../edge/pump.ts';
import { frameOf } from '../../wire/frames.ts';
import type { HeaderField, PlayerMessage, ResetReason } from '../../wire/message.ts';
import { WRITE_BYTES_MAX } from './limits.ts';
import { pieceFrames } from './outflow.ts';

export interface AnswerOut {
  push(frames: Uint8Array): void;
  /** The reply is whole, or cut by a reset: nothing follows. */
  over(): void;
}

export interface AnswerContext {
  readonly isHead: boolean;
  /** performance.now() when the request was there. */
  readonly askedMs: number;
  readonly counts: Counts;
  readonly timings: Timings;
  readonly now: () => number;
}

export class StreamAnswer implements ViewerReply {
  readonly #out: AnswerOut;
  readonly #context: AnswerContext;
  #phase: 'waiting' | 'body' | 'over' = 'waiting';
  #source: AnswerSource = 'ram';
  /** Bytes of body announced, -1 unknown; and handed over. */
  #size = -1;
  #sent = 0;
  /** More may be written. */
  #drained: () => void = () => {};
  #pump: Pump | undefined;

  constructor(out: AnswerOut, context: AnswerContext) {
    this.#out = out;
    this.#context = context;
  }

  /** The stream takes more. */
  drained(): void {
    if (this.#phase === 'body') this.#drained();
  }

  /** The player went away, or no longer wants it: nothing more is written. */
  gone(): void {
    this.#phase = 'over';
    this.#pump?.stop();
  }

  whole(head: ReplyHead, body: Uint8Array | undefined): void {
    const bytes = body ?? new Uint8Array(0);
    const { status, headers } = head;
    const fill = Fill.of(0 as FillId, { status, headers, size: bytes.length, delayMs: 0 }, bytes);
    this.stream(head, fill, { from: 0, to: bytes.length });
  }

  stream(head: ReplyHead, fill: Fill, { from, to }: { readonly from: number; readonly to: number }): void {
    if (!this.#begin(head, Number.isFinite(to) ? to - from : -1)) return;
    if (this.#context.isHead) {
      this.#end();
      return;
    }
    const target = {
      write: (bytes: Uint8Array) => this.#write(bytes),
      end: () => this.#end(),
      fail: (reason: FetchFailure) => this.reset(resetOf(reason)),
    };
    const pump = new Pump(fill, target, { from, to, writeBytesMax: WRITE_BYTES_MAX });
    if (this.#phase !== 'body') {
      pump.stop();
      return;
    }
    this.#pump = pump;
    this.#drained = () => pump.drained();
  }

  open(head: ReplyHead, size: number, drained: () => void): ReplyWriter {
    if (this.#begin(head, size)) this.#drained = drained;
    return {
      write: (bytes) => this.#context.isHead || this.#write(bytes),
      end: () => this.#end(),
      abort: () => this.reset('origin-failed'),
    };
  }

  refuse(status: number, code: EdgeErrorCode, sentence: string): void {
    this.refuseWith(status, code, sentence);
  }

  /** A refusal reads as over HTTP: a small JSON body, the code in `ringcast-error`, never cached. */
  refuseWith(status: number, code: string, sentence: string): void {
    const body = Buffer.from(`${JSON.stringify({ error: code, message: sentence })}\n`);
    const headers: HeaderField[] = [
      ['content-type', 'application/json'],
      ['cache-control', 'no-store'],
      ['ringcast-error', code],
    ];
    if (status === 503) headers.push(['retry-after', '1']);
    this.own(status, headers, body);
  }

  /** An answer of the agent's own: no bytes of the origin, which are counted. */
  own(status: number, headers: readonly HeaderField[], body: Uint8Array): void {
    if (this.#phase !== 'waiting') {
      this.reset('internal');
      return;
    }
    const { isHead } = this.#context;
    const size = isHead ? 0 : body.length;
    if (!this.#message({ kind: 'answer', status, size, headers })) return;
    this.#phase = 'body';
    if (size > 0) this.#out.push(pieceFrames(body));
    this.#finish();
  }

  reset(reason: ResetReason): void {
    if (this.#phase === 'over') return;
    this.#message({ kind: 'reset', id: 0, reason });
    this.gone();
    this.#out.over();
  }

  /** @returns false where nothing can be written: the player is gone, or the head is one that the wire does not carry */
  #begin(head: ReplyHead, size: number): boolean {
    if (this.#phase !== 'waiting') return false;
    const { isHead, askedMs, timings, now } = this.#context;
    const headers = head.headers.filter(
      ([name]) => !FRAMING.has(name) && (isHead || name !== 'content-length'),
    );
    if (isHead && size >= 0) setLength(headers, size);
    const answer = { kind: 'answer', status: head.status, size: isHead ? 0 : size, headers } as const;
    if (!this.#message(answer)) {
      this.refuseWith(502, 'origin-broken', 'the head of the response is larger than a message carries');
      return false;
    }
    this.#phase = 'body';
    this.#source = head.source;
    this.#size = isHead ? 0 : size;
    timings.record(head.joined ? 'ttfb.joined' : `ttfb.${head.source}`, now() - askedMs);
    return true;
  }

  #write(bytes: Uint8Array): boolean {
    if (this.#phase !== 'body') return false;
    this.#sent += bytes.length;
    if (this.#size >= 0 && this.#sent > this.#size) {
      this.reset('internal');
      return false;
    }
    if (bytes.length === 0) return true;
    this.#context.counts[`viewer_bytes.${this.#source}`] += bytes.length;
    this.#out.push(pieceFrames(bytes));
    return false;
  }

  #end(): void {
    if (this.#phase !== 'body') return;
    if (this.#size >= 0 && this.#sent !== this.#size) this.reset('internal');
    else this.#finish();
  }

  #finish(): void {
    this.#message({ kind: 'end', id: 0 });
    this.gone();
    this.#out.over();
  }

  #message(message: PlayerMessage): boolean {
    const frame = frameOf(message);
    if (frame !== undefined) this.#out.push(frame);
    return frame !== undefined;
  }
}

const FRAMING: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function setLength(headers: HeaderField[], size: number): void {
  const at = headers.findIndex(([name]) => name === 'content-length');
  if (at >= 0) headers.splice(at, 1);
  headers.push(['content-length', `${size}`]);
}

function resetOf(reason: FetchFailure): ResetReason {
  switch (reason) {
    case 'origin-timeout':
    case 'too-large':
      return reason;
    case 'origin-unreachable':
    case 'origin-broken':
    case 'origin-failed':
      return 'origin-failed';
    case 'stale-view':
    case 'silent':
    case 'unreachable':
    case 'declined':
    case 'corrupt':
      return 'internal';
  }
}
