// The asking side of one bulk link: fetches by number, their answers, and the clocks that give up on them.
//
// Every fetch is ended by exactly one `end` or `reset`, a cancelled one too; so this side knows which numbers may
// still be spoken of, and a peer that speaks of others is refused. A fetch first waits for a sign of life
// (`filling`, `head` or bytes), which a living peer gives at once; after it, silence is allowed for longer.
// Sinks are never called from within `fetch`, and not at all after its cancel.

import type { Counts } from '../../core/counters.ts';
import type { FetchFailure } from '../../core/ports.ts';
import type { Cancel, FillSink, PeerRequest } from '../../edge/ports.ts';
import type {
  Cancel as CancelFetch,
  DescriptorOf,
  End,
  Fetch,
  Filling,
  Head,
  Redirect,
  Reset,
  ResetReason,
} from '../../wire/message.ts';
import type { RejectReason } from '../../wire/reject.ts';
import { CANCELLED_PER_LINK_MAX } from './limits.ts';

export interface RequestsOptions {
  /** @returns false where the message did not leave: the link is closed or full, or the peer would refuse it */
  readonly send: (message: Fetch | CancelFetch) => boolean;
  /** A fetch met silence: the link may be dead. */
  readonly onSilence: () => void;
  readonly counts: Counts;
  readonly silenceMs: number;
}

/** What answers a fetch, without its pieces. */
export type ReplyMessage = Filling | Head | DescriptorOf | End | Reset | Redirect;

interface Transfer {
  readonly sink: FillSink;
  readonly askedMs: number;
  phase: 'asked' | 'promised' | 'receiving';
  described: boolean;
  clock: NodeJS.Timeout;
}

export class Requests {
  readonly #options: RequestsOptions;
  readonly #live: Map<number, Transfer> = new Map();
  /** Cancelled here, not yet ended by the peer. */
  readonly #cancelled: Set<number> = new Set();
  #lastId = 0;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  get idle(): boolean {
    return this.#live.size === 0 && this.#cancelled.size === 0;
  }

  fetch(request: PeerRequest, sink: FillSink): Cancel {
    if (this.#cancelled.size >= CANCELLED_PER_LINK_MAX) {
      return failLater(sink, 'declined', 'the peer does not end its cancelled transfers');
    }
    const id = this.#newId();
    const { source, name, target, offset, ifMatch, deadlineMs, headers } = request;
    const { tier, chain, avoid, firstSignMs } = source;
    const fields = { id, name, target, tier, chain, avoid, offset, ifMatch, deadlineMs, headers };
    if (!this.#options.send({ kind: 'fetch', ...fields })) {
      return failLater(sink, 'declined', 'the request cannot be sent');
    }
    const clock = setTimeout(() => this.#silent(id, `no sign of life in ${firstSignMs} ms`), firstSignMs);
    this.#live.set(id, { sink, askedMs: performance.now(), phase: 'asked', described: false, clock });
    return () => this.#cancel(id);
  }

  /** @returns why the message is refused, if it is */
  message(message: ReplyMessage): RejectReason | undefined {
    const transfer = this.#live.get(message.id);
    if (transfer === undefined) return this.#late(message);
    switch (message.kind) {
      case 'filling':
        if (transfer.phase !== 'asked') return 'unexpected';
        transfer.phase = 'promised';
        this.#signOfLife(message.id, transfer);
        transfer.sink.filling();
        return undefined;
      case 'head': {
        if (transfer.phase === 'receiving') return 'unexpected';
        transfer.phase = 'receiving';
        this.#signOfLife(message.id, transfer);
        const { status, size, headers, ageMs } = message;
        // The port's one number for both: how old the response is now, but for what its fields say.
        const delayMs = performance.now() - transfer.askedMs + ageMs;
        transfer.sink.head({ status, headers, size, delayMs });
        return undefined;
      }
      case 'descriptor':
        if (transfer.phase !== 'receiving' || transfer.described) return 'unexpected';
        transfer.described = true;
        transfer.clock.refresh();
        transfer.sink.descriptor(message.descriptor);
        return undefined;
      case 'end':
        if (transfer.phase !== 'receiving') return 'unexpected';
        this.#finish(message.id)?.sink.end();
        return undefined;
      case 'reset':
        this.#finish(message.id)?.sink.fail(FAILURE[message.reason], `peer: ${message.reason}`);
        return undefined;
      case 'redirect':
        if (transfer.phase === 'receiving') return 'unexpected';
        this.#finish(message.id)?.sink.redirected(message.rosters);
        return undefined;
    }
  }

  /** The next bytes of a transfer's body. @returns why they are refused, if they are */
  piece(id: number, bytes: Uint8Array): RejectReason | undefined {
    this.#options.counts.peer_received_bytes += bytes.length;
    const transfer = this.#live.get(id);
    if (transfer === undefined) return this.#cancelled.has(id) ? undefined : 'unexpected';
    if (transfer.phase !== 'receiving') return 'unexpected';
    transfer.clock.refresh();
    if (bytes.length > 0) transfer.sink.bytes(bytes);
    return undefined;
  }

  /** The link is gone, and every transfer with it. */
  broken(detail: string): void {
    this.#cancelled.clear();
    for (const id of [...this.#live.keys()]) this.#finish(id)?.sink.fail('unreachable', detail);
  }

  /** From here on the clock waits for the rest. */
  #signOfLife(id: number, transfer: Transfer): void {
    const { silenceMs } = this.#options;
    clearTimeout(transfer.clock);
    transfer.clock = setTimeout(() => this.#silent(id, `silent for ${silenceMs} ms`), silenceMs);
  }

  #silent(id: number, detail: string): void {
    const transfer = this.#live.get(id);
    this.#cancel(id);
    transfer?.sink.fail('silent', detail);
    this.#options.onSilence();
  }

  #cancel(id: number): void {
    if (this.#finish(id) === undefined) return;
    this.#cancelled.add(id);
    this.#options.send({ kind: 'cancel', id });
  }

  #finish(id: number): Transfer | undefined {
    const transfer = this.#live.get(id);
    if (transfer === undefined) return undefined;
    clearTimeout(transfer.clock);
    this.#live.delete(id);
    return transfer;
  }

  /** What was on its way when its fetch was cancelled. */
  #late(message: ReplyMessage): RejectReason | undefined {
    if (!this.#cancelled.has(message.id)) return 'unexpected';
    if (!BEFORE_THE_END.has(message.kind)) this.#cancelled.delete(message.id);
    return undefined;
  }

  #newId(): number {
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#live.has(this.#lastId) || this.#cancelled.has(this.#lastId));
    return this.#lastId;
  }
}

const BEFORE_THE_END: ReadonlySet<ReplyMessage['kind']> = new Set(['filling', 'head', 'descriptor']);

/** Fails a fetch that was never sent, after its caller has the cancel. */
export function failLater(sink: FillSink, reason: FetchFailure, detail: string): Cancel {
  const soon = setImmediate(() => sink.fail(reason, detail));
  return () => clearImmediate(soon);
}

/** How a reset looks to the core. */
const FAILURE: Readonly<Record<ResetReason, FetchFailure>> = {
  'stale-view': 'stale-view',
  busy: 'declined',
  draining: 'declined',
  'too-large': 'too-large',
  changed: 'declined',
  internal: 'declined',
  'origin-failed': 'origin-failed',
  'origin-timeout': 'origin-failed',
  'origin-refused': 'origin-failed',
};
