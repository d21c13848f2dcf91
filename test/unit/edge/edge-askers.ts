// Those who ask an edge in tests: viewers and other agents, with all that they were answered.
//
// Both read through the same pump as the real adapters, keep to their rules, and count how often they were answered.

import type { Fill } from '../../../agent/edge/fill.ts';
import type {
  Cancel,
  EdgeErrorCode,
  PeerHead,
  PeerReply,
  ReplyHead,
  ReplyWriter,
  ViewerReply,
} from '../../../agent/edge/ports.ts';
import { Pump } from '../../../agent/edge/pump.ts';
import type { HeaderField, ResetReason } from '../../../agent/wire/message.ts';

export class Viewer implements ViewerReply {
  answers = 0;
  status = 0;
  headers: readonly HeaderField[] = [];
  head: ReplyHead | undefined;
  code: EdgeErrorCode | '' = '';
  body = '';
  /** Announced; -1 for none. */
  size = -1;
  outcome: 'open' | 'end' | 'abort' = 'open';
  /** Called with every write: a viewer may go away in the middle of one. */
  onWrite: () => void = () => {};
  full = false;
  isHead = false;
  #gone = false;
  #pump: Pump | undefined;
  #cancel: Cancel | undefined;
  #drained: () => void = () => {};

  field(name: string): string | undefined {
    return this.headers.find(([each]) => each === name)?.[1];
  }

  cancelBy(cancel: Cancel): void {
    if (this.#gone) cancel();
    else this.#cancel = cancel;
  }

  leave(): void {
    if (this.#gone || this.outcome !== 'open') return;
    this.#gone = true;
    this.#pump?.stop();
    this.#cancel?.();
  }

  drain(): void {
    this.full = false;
    this.#pump?.drained();
    this.#drained();
  }

  whole(head: ReplyHead, body: Uint8Array | undefined): void {
    if (!this.#begin(head, body?.length ?? -1)) return;
    if (body !== undefined && !this.isHead) this.body = text(body);
    this.outcome = 'end';
  }

  stream(head: ReplyHead, fill: Fill, { from, to }: { from: number; to: number }): void {
    if (!this.#begin(head, Number.isFinite(to) ? to - from : -1)) return;
    if (this.isHead) {
      this.outcome = 'end';
      return;
    }
    const target = { write: (bytes: Uint8Array) => this.#write(bytes), ...this.#ends };
    this.#pump = new Pump(fill, target, { from, to, writeBytesMax: 7 });
    if (this.#gone) this.#pump.stop();
  }

  refuse(status: number, code: EdgeErrorCode): void {
    this.code = code;
    if (this.#begin({ status, headers: [], source: 'ram' }, -1)) this.outcome = 'end';
  }

  open(head: ReplyHead, size: number, drained: () => void): ReplyWriter {
    this.#begin(head, size);
    this.#drained = drained;
    return { write: (bytes) => this.#write(bytes), end: this.#ends.end, abort: this.#ends.fail };
  }

  readonly #ends = {
    end: () => {
      if (this.outcome === 'open') this.outcome = 'end';
    },
    fail: () => {
      if (this.outcome === 'open') this.outcome = 'abort';
    },
  };

  #begin(head: ReplyHead, size: number): boolean {
    this.answers += 1;
    if (this.#gone) return false;
    this.status = head.status;
    this.headers = head.headers;
    this.head = head;
    this.size = size;
    return true;
  }

  #write(bytes: Uint8Array): boolean {
    if (this.#gone) return false;
    if (this.size >= 0 && this.body.length + bytes.length > this.size) {
      this.leave();
      this.outcome = 'abort';
      return false;
    }
    this.body += text(bytes);
    this.onWrite();
    return !this.full;
  }
}

/** Another agent that fetches from this one. */
export class Neighbour implements PeerReply {
  answers = 0;
  promised = 0;
  head: PeerHead | undefined;
  fill: Fill | undefined;
  body = '';
  reason: ResetReason | '' = '';
  outcome: 'open' | 'end' | 'abort' = 'open';
  #pump: Pump | undefined;
  #cancel: Cancel | undefined;

  cancelBy(cancel: Cancel): void {
    this.#cancel = cancel;
  }

  leave(): void {
    this.#pump?.stop();
    this.#cancel?.();
  }

  filling(): void {
    this.promised += 1;
  }

  send(head: PeerHead, body: Fill, offset: number): void {
    this.answers += 1;
    this.head = head;
    this.fill = body;
    const target = {
      write: (bytes: Uint8Array) => {
        this.body += text(bytes);
        return true;
      },
      end: () => {
        this.outcome = 'end';
      },
      fail: () => {
        this.outcome = 'abort';
      },
    };
    this.#pump = new Pump(body, target, { from: offset, to: Number.POSITIVE_INFINITY, writeBytesMax: 7 });
  }

  redirect(): void {
    throw new Error('no ring is above this one');
  }

  reset(reason: ResetReason): void {
    this.answers += 1;
    this.reason = reason;
    this.outcome = 'abort';
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}
