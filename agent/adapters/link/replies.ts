// The answering side of one bulk link: transfers by number, each pumped from its fill as the socket drains.
//
// Transfers take turns, one piece each, so that a large object does not hold up a playlist behind it. A turn is
// given while little waits on the socket: a slow peer holds an offset in the fill, not bytes here.
// The fill's descriptor leaves as soon as there is one, before the next piece: the asker checks what follows it.
// Every fetch gets exactly one `end`, `reset` or `redirect`, also after its `cancel`: see requests.ts.

import type { Counts } from '../../core/counters.ts';
import type { FetchFailure } from '../../core/ports.ts';
import type { Fill } from '../../edge/fill.ts';
import type { Cancel, PeerHead, PeerReply, ServePeer } from '../../edge/ports.ts';
import { Pump, type PumpTarget } from '../../edge/pump.ts';
import type { AgentId } from '../../wire/ids.ts';
import { PIECE_BYTES_MAX } from '../../wire/limits.ts';
import type {
  DescriptorOf,
  End,
  Fetch,
  Filling,
  Head,
  Redirect,
  Reset,
  ResetReason,
  RingRoster,
} from '../../wire/message.ts';
import type { RejectReason } from '../../wire/reject.ts';
import { TRANSFERS_PER_LINK_MAX } from './limits.ts';

/** Where answers go. */
export interface ReplyLink {
  /** Enough waits to keep the socket busy. */
  readonly full: boolean;
  /** @returns false where the message did not leave: the link is closed, or the peer would refuse it */
  send(message: Filling | Head | DescriptorOf | End | Reset | Redirect): boolean;
  piece(id: number, bytes: Uint8Array): void;
}

export interface RepliesOptions {
  readonly from: AgentId;
  readonly link: ReplyLink;
  readonly serve: ServePeer;
  readonly counts: Counts;
}

export class Replies {
  readonly #options: RepliesOptions;
  readonly #live: Map<number, Reply> = new Map();
  /** Transfers that have sent a piece and may have more, in turn. */
  readonly #turns: Reply[] = [];

  constructor(options: RepliesOptions) {
    this.#options = options;
  }

  get idle(): boolean {
    return this.#live.size === 0;
  }

  /** @returns why the message is refused, if it is */
  fetch(fetch: Fetch): RejectReason | undefined {
    const { id } = fetch;
    if (this.#live.has(id)) return 'unexpected';
    const { link, serve, from, counts } = this.#options;
    if (this.#live.size >= TRANSFERS_PER_LINK_MAX) {
      link.send({ kind: 'reset', id, reason: 'busy' });
      return undefined;
    }
    const reply = new Reply(id, {
      send: (message) => link.send(message),
      piece: (bytes) => {
        counts.peer_sent_bytes += bytes.length;
        link.piece(id, bytes);
        this.#turns.push(reply);
        if (this.#turns.length === 1) queueMicrotask(() => this.drained());
      },
      over: () => this.#live.delete(id),
    });
    this.#live.set(id, reply);
    reply.served(serve(from, fetch, reply));
    return undefined;
  }

  /** A number that is not known was answered while its cancel was on the way. */
  cancel(id: number): void {
    this.#live.get(id)?.cancel('end');
  }

  /** The socket takes more: gives turns until it is full again. */
  drained(): void {
    while (this.#turns.length > 0 && !this.#options.link.full) this.#turns.shift()?.turn();
  }

  /** The link is gone: nobody wants what is being sent. */
  closed(): void {
    this.#turns.length = 0;
    for (const reply of [...this.#live.values()]) reply.cancel('silent');
  }
}

interface ReplyOptions {
  readonly send: (message: Filling | Head | DescriptorOf | End | Reset | Redirect) => boolean;
  readonly piece: (bytes: Uint8Array) => void;
  readonly over: () => void;
}

/** One answer. Calls that come after it is over are ignored: the edge may not know yet that the peer went away. */
class Reply implements PeerReply, PumpTarget {
  readonly #id: number;
  readonly #options: ReplyOptions;
  #pump: Pump | undefined = undefined;
  #body: Fill | undefined = undefined;
  #described = false;
  #stop: Cancel | undefined = undefined;
  #over = false;
  /** Over before the edge was done. */
  #unwanted = false;

  constructor(id: number, options: ReplyOptions) {
    this.#id = id;
    this.#options = options;
  }

  /** @param stop tells the edge that the peer went away */
  served(stop: Cancel): void {
    this.#stop = stop;
    if (this.#unwanted) stop();
  }

  turn(): void {
    if (!this.#over) this.#pump?.drained();
  }

  /** @param how `end` tells the peer, which waits for it */
  cancel(how: 'end' | 'silent'): void {
    if (this.#over) return;
    this.#finish();
    if (how === 'end') this.#options.send({ kind: 'end', id: this.#id });
    this.#abandon();
  }

  filling(): void {
    if (!this.#over) this.#options.send({ kind: 'filling', id: this.#id });
  }

  send(head: PeerHead, body: Fill, offset: number): void {
    if (this.#over) return;
    const { status, size, headers } = head;
    const ageMs = Math.max(0, Math.round(head.ageMs));
    if (!this.#options.send({ kind: 'head', id: this.#id, status, size, ageMs, headers })) {
      this.reset('too-large');
      this.#abandon();
      return;
    }
    this.#body = body;
    this.#describe();
    const range = { from: offset, to: Number.POSITIVE_INFINITY, writeBytesMax: PIECE_BYTES_MAX };
    const pump = new Pump(body, this, range);
    if (this.#over) return;
    this.#pump = pump;
  }

  reset(reason: ResetReason): void {
    if (this.#over) return;
    this.#finish();
    this.#options.send({ kind: 'reset', id: this.#id, reason });
  }

  redirect(rosters: readonly RingRoster[]): void {
    if (this.#over) return;
    if (this.#options.send({ kind: 'redirect', id: this.#id, rosters })) this.#finish();
    else this.reset('stale-view');
  }

  /** Takes one piece, then waits for its turn. */
  write(bytes: Uint8Array): boolean {
    this.#describe();
    this.#options.piece(bytes);
    return false;
  }

  end(): void {
    if (this.#over) return;
    this.#describe();
    this.#finish();
    this.#options.send({ kind: 'end', id: this.#id });
  }

  fail(reason: FetchFailure): void {
    this.reset(RESET[reason]);
  }

  #describe(): void {
    const descriptor = this.#body?.descriptor;
    if (this.#described || descriptor === undefined) return;
    this.#described = true;
    this.#options.send({ kind: 'descriptor', id: this.#id, descriptor });
  }

  #abandon(): void {
    this.#unwanted = true;
    this.#stop?.();
  }

  #finish(): void {
    this.#over = true;
    this.#pump?.stop();
    this.#options.over();
  }
}

/** How a fill that failed half-way looks to the peer: whether the origin is to blame decides what it tries next. */
const RESET: Readonly<Record<FetchFailure, ResetReason>> = {
  'origin-unreachable': 'origin-failed',
  'origin-timeout': 'origin-timeout',
  'origin-broken': 'origin-failed',
  'origin-failed': 'origin-failed',
  'too-large': 'too-large',
  'stale-view': 'internal',
  silent: 'internal',
  unreachable: 'internal',
  declined: 'internal',
  corrupt: 'internal',
};
