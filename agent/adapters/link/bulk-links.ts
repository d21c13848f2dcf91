// The bulk links of one agent: for each peer the link that fetches go over, and for each accepted one its answers.
//
// Whoever asks dials, so a bulk link has one asking and one answering side, and numbers of transfers never collide.

import type { Counts } from '../../core/counters.ts';
import type { Contact } from '../../core/ports.ts';
import type { Cancel, FillSink, PeerRequest, ServePeer } from '../../edge/ports.ts';
import type { AgentId } from '../../wire/ids.ts';
import type { Message } from '../../wire/message.ts';
import type { RejectReason } from '../../wire/reject.ts';
import type { LinkTiming } from './limits.ts';
import type { Link } from './link.ts';
import { Replies } from './replies.ts';
import { failLater, Requests } from './requests.ts';

export interface BulkLinksOptions {
  /** @returns a link that is opening, or undefined where the peer cannot be dialled now */
  readonly dial: (contact: Contact) => Link | undefined;
  readonly serve: ServePeer;
  readonly counts: Counts;
  readonly timing: LinkTiming;
}

interface Asking {
  readonly link: Link;
  readonly peer: AgentId;
  readonly requests: Requests;
  usedMs: number;
}

export class BulkLinks {
  readonly #options: BulkLinksOptions;
  readonly #askingOf: Map<AgentId, Asking> = new Map();
  readonly #asking: Map<Link, Asking> = new Map();
  readonly #answering: Map<Link, Replies> = new Map();

  constructor(options: BulkLinksOptions) {
    this.#options = options;
  }

  /** @param unreachable told of a peer that cannot be dialled */
  fetch(request: PeerRequest, sink: FillSink, unreachable: (peer: AgentId) => void): Cancel {
    const { id, link } = request.source.peer;
    const asking = this.#askingOf.get(id) ?? this.#open({ id, link }, id);
    if (asking === undefined) {
      unreachable(id);
      return failLater(sink, 'unreachable', `no link to ${link === '' ? 'an outbound agent' : link}`);
    }
    asking.usedMs = performance.now();
    return asking.requests.fetch(request, sink);
  }

  /** A peer opened a link to fetch over. */
  accepted(link: Link, from: AgentId): void {
    const { serve, counts } = this.#options;
    this.#answering.set(link, new Replies({ from, link, serve, counts }));
  }

  /** @returns why the message is refused, if it is */
  message(link: Link, message: Message): RejectReason | undefined {
    const requests = this.#asking.get(link)?.requests;
    const replies = this.#answering.get(link);
    switch (message.kind) {
      case 'fetch':
        return replies === undefined ? 'unexpected' : replies.fetch(message);
      case 'cancel':
        if (replies === undefined) return 'unexpected';
        replies.cancel(message.id);
        return undefined;
      case 'filling':
      case 'head':
      case 'descriptor':
      case 'end':
      case 'reset':
      case 'redirect':
        return requests === undefined ? 'unexpected' : requests.message(message);
      default:
        return 'unexpected';
    }
  }

  piece(link: Link, id: number, bytes: Uint8Array): RejectReason | undefined {
    const asking = this.#asking.get(link);
    return asking === undefined ? 'unexpected' : asking.requests.piece(id, bytes);
  }

  drained(link: Link): void {
    this.#answering.get(link)?.drained();
  }

  /** @returns whether transfers were cut short */
  closed(link: Link, detail: string): boolean {
    const asking = this.#asking.get(link);
    const replies = this.#answering.get(link);
    const busy = asking?.requests.idle === false || replies?.idle === false;
    this.#asking.delete(link);
    this.#answering.delete(link);
    if (asking !== undefined) this.#askingOf.delete(asking.peer);
    asking?.requests.broken(detail);
    replies?.closed();
    return busy;
  }

  /** Closes links that no fetch has used for a while. */
  sweep(nowMs: number): void {
    for (const asking of this.#asking.values()) {
      if (!asking.requests.idle) asking.usedMs = nowMs;
      else if (nowMs - asking.usedMs > this.#options.timing.idleMs) asking.link.close();
    }
  }

  #open(contact: Contact, peer: AgentId): Asking | undefined {
    const link = this.#options.dial(contact);
    if (link === undefined) return undefined;
    const { counts, timing } = this.#options;
    const requests = new Requests({
      send: (message) => link.send(message),
      onSilence: () => {
        // Not one transfer but the whole link is silent: the peer's host is gone, and a new link will tell.
        if (performance.now() - link.heardMs > 2 * timing.silenceMs) link.cut('silent');
      },
      counts,
      silenceMs: timing.silenceMs,
    });
    const asking = { link, peer, requests, usedMs: performance.now() };
    this.#askingOf.set(peer, asking);
    this.#asking.set(link, asking);
    return asking;
  }
}
