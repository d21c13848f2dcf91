// One answer to a viewer, written to Node's response: whole at once, or as bytes come and the viewer takes them.
//
// A stored object is one `end(body)`: nothing is faster on node:http. A fill is read by a pump, a passed body is
// written by the edge; both stop while the socket is full. A body that breaks off breaks the connection, because a
// viewer must never take a part for the whole; nor may a later answer on that connection be read as its rest.

import type { ServerResponse } from 'node:http';
import type { Counts, Timings } from '../../core/counters.ts';
import type { Fill } from '../../edge/fill.ts';
import type {
  AnswerSource,
  Cancel,
  EdgeErrorCode,
  ReplyHead,
  ReplyWriter,
  ViewerReply,
} from '../../edge/ports.ts';
import { Pump } from '../../edge/pump.ts';
import { type Refusal, refusalAnswer } from './refusal.ts';
import { replyFields } from './reply-fields.ts';

export interface AnswerContext {
  readonly isHead: boolean;
  /** performance.now() when the request was there. */
  readonly askedMs: number;
  /** Most bytes handed to the socket in one write. */
  readonly writeBytesMax: number;
  readonly counts: Counts;
  readonly timings: Timings;
}

export class ViewerAnswer implements ViewerReply {
  readonly #response: ServerResponse;
  readonly #context: AnswerContext;
  /** Answered, or the viewer is gone: nothing more is written. */
  #over = false;
  #cancel: Cancel | undefined;
  /** Stopped before the edge said how. */
  #stopped = false;
  #pump: Pump | undefined;
  #source: AnswerSource = 'ram';
  /** Bytes of body announced, -1 unknown; and handed over. */
  #size = -1;
  #sent = 0;

  constructor(response: ServerResponse, context: AnswerContext) {
    this.#response = response;
    this.#context = context;
  }

  /** What stops the edge's work on it; may come after the answer did. */
  cancelBy(cancel: Cancel): void {
    if (this.#stopped) cancel();
    else if (!this.#over) this.#cancel = cancel;
  }

  /** The connection ends after this answer; without effect on a head that is out already. */
  last(): void {
    this.#response.shouldKeepAlive = false;
  }

  /** The viewer went away, or the answer is out: idempotent. */
  gone(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopped = true;
    this.#pump?.stop();
    this.#cancel?.();
  }

  whole(head: ReplyHead, body: Uint8Array | undefined): void {
    if (!this.#begin(head, body === undefined ? -1 : body.length)) return;
    this.#over = true;
    if (body === undefined || this.#context.isHead) {
      this.#response.end();
      return;
    }
    this.#context.counts[`viewer_bytes.${head.source}`] += body.length;
    this.#response.end(body);
  }

  stream(head: ReplyHead, fill: Fill, range: { readonly from: number; readonly to: number }): void {
    const { from, to } = range;
    if (!this.#begin(head, Number.isFinite(to) ? to - from : -1)) return;
    if (this.#context.isHead) {
      this.#end();
      return;
    }
    const target = {
      write: (bytes: Uint8Array) => this.#write(bytes),
      end: () => this.#end(),
      fail: () => this.#abort(),
    };
    const pump = new Pump(fill, target, { from, to, writeBytesMax: this.#context.writeBytesMax });
    if (this.#over) {
      pump.stop();
      return;
    }
    this.#pump = pump;
    this.#response.on('drain', () => pump.drained());
    if (this.#sent === 0) this.#response.flushHeaders();
  }

  open(head: ReplyHead, size: number, drained: () => void): ReplyWriter {
    if (this.#begin(head, size)) {
      this.#response.on('drain', drained);
      if (!this.#context.isHead) this.#response.flushHeaders();
    }
    return {
      write: (bytes) => this.#write(bytes),
      end: () => this.#end(),
      abort: () => this.#abort(),
    };
  }

  refuse(status: number, code: EdgeErrorCode, sentence: string): void {
    this.refuseWith({ status, code, sentence });
  }

  refuseWith(refusal: Refusal): void {
    if (this.#over) return;
    if (this.#response.headersSent) {
      this.#abort();
      return;
    }
    this.#over = true;
    const { fields, body } = refusalAnswer(refusal);
    this.#response.writeHead(refusal.status, [...fields]);
    this.#response.end(this.#context.isHead ? undefined : body);
  }

  /** @returns false where nothing can be written: the viewer is gone, or the head is none that HTTP allows */
  #begin(head: ReplyHead, size: number): boolean {
    if (this.#over) return false;
    const { isHead, askedMs, timings } = this.#context;
    try {
      this.#response.writeHead(head.status, replyFields(head.headers, { size, isHead }));
    } catch (cause) {
      const sentence = `expected a head that HTTP allows: ${cause instanceof Error ? cause.message : cause}`;
      this.refuseWith({ status: 502, code: 'origin-broken', sentence });
      this.#stopped = true;
      this.#cancel?.();
      return false;
    }
    this.#source = head.source;
    this.#size = isHead ? -1 : size;
    timings.record(head.joined ? 'ttfb.joined' : `ttfb.${head.source}`, performance.now() - askedMs);
    return true;
  }

  #write(bytes: Uint8Array): boolean {
    if (this.#over) return false;
    if (this.#context.isHead) return true;
    this.#sent += bytes.length;
    if (this.#size >= 0 && this.#sent > this.#size) {
      this.#abort();
      return false;
    }
    this.#context.counts[`viewer_bytes.${this.#source}`] += bytes.length;
    return this.#response.write(bytes);
  }

  #end(): void {
    if (this.#over) return;
    if (this.#size >= 0 && this.#sent !== this.#size) {
      this.#abort();
      return;
    }
    this.#over = true;
    this.#response.end();
  }

  /** What was handed over still goes out; then the connection ends short of the announced length or last chunk. */
  #abort(): void {
    if (this.#over) return;
    this.gone();
    const { socket } = this.#response;
    const cutShows = this.#size >= 0 || this.#response.chunkedEncoding;
    if (socket !== null && cutShows) socket.destroySoon();
    else if (socket !== null) socket.resetAndDestroy();
    else this.#response.destroy();
  }
}
