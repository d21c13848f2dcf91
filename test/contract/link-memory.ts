// The in-memory twin of the agent links: the same port, without sockets, certificates or a wait of its own.
//
// Several agents live in one process and one `MemoryNetwork`. Messages go through the codec, so a message that the
// wire refuses is refused here too; transfers run the same asking and answering code as over TLS. Deliveries keep one
// order for the whole network and come after the call that caused them.

import { BULK_QUEUE_BYTES_FULL, LINK_TIMING, type LinkTiming } from '../../agent/adapters/link/limits.ts';
import { RecordCheck } from '../../agent/adapters/link/record-check.ts';
import { Replies } from '../../agent/adapters/link/replies.ts';
import { failLater, Requests } from '../../agent/adapters/link/requests.ts';
import type { Counts } from '../../agent/core/counters.ts';
import type { Contact } from '../../agent/core/ports.ts';
import type { Cancel, FillSink, LinkEvents, LinkPort, PeerRequest } from '../../agent/edge/ports.ts';
import { decode, encode } from '../../agent/wire/codec.ts';
import type { AgentId } from '../../agent/wire/ids.ts';
import type { ControlMessage, Message } from '../../agent/wire/message.ts';
import type { Signed } from '../../agent/wire/record.ts';

export interface MemoryLinksOptions {
  readonly id: AgentId;
  /** `host:port` under which others reach it; empty for an outbound agent. */
  readonly address: string;
  readonly events: LinkEvents;
  readonly counts: Counts;
  readonly verify: (record: Signed) => boolean;
  readonly timing?: Partial<LinkTiming> | undefined;
}

export class MemoryNetwork {
  readonly #agents: Map<AgentId, MemoryLinks> = new Map();
  readonly #queue: (() => void)[] = [];

  attach(options: MemoryLinksOptions): MemoryLinks {
    const links = new MemoryLinks(this, options);
    this.#agents.set(options.id, links);
    return links;
  }

  detach(id: AgentId): void {
    this.#agents.delete(id);
    for (const other of this.#agents.values()) this.later(() => other.lost(id));
  }

  /** A message was refused: over TLS that closes the link, and both sides see it. */
  cut(one: MemoryLinks, other: AgentId): void {
    this.#agents.get(other)?.lost(one.id);
    one.lost(other);
  }

  /** @param from an outbound agent is found by those that it has spoken to */
  find(to: Contact, from: MemoryLinks): MemoryLinks | undefined {
    for (const agent of this.#agents.values()) {
      const named = to.id === undefined ? agent.address === to.link : agent.id === to.id;
      if (named && to.link !== '' && agent.address === to.link) return agent;
      if (named && to.id !== undefined && from.linked.has(agent.id)) return agent;
    }
    return undefined;
  }

  later(work: () => void): void {
    this.#queue.push(work);
    if (this.#queue.length === 1) setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    for (const work of this.#queue.slice()) {
      work();
      this.#queue.shift();
    }
    if (this.#queue.length > 0) setImmediate(() => this.#deliver());
  }
}

interface Channel {
  readonly requests: Requests;
  readonly replies: Replies;
}

export class MemoryLinks implements LinkPort {
  readonly id: AgentId;
  readonly address: string;
  /** Who has exchanged messages with this agent: an open link, as it were. */
  readonly linked: Set<AgentId> = new Set();
  readonly options: MemoryLinksOptions;
  readonly #network: MemoryNetwork;
  readonly #timing: LinkTiming;
  readonly #records: RecordCheck;
  /** Fetches of this agent, by the peer that answers. */
  readonly #asking: Map<AgentId, Channel> = new Map();
  /** Fetches of others, by the peer that asks. */
  readonly #answering: Map<AgentId, Replies> = new Map();
  #closed = false;

  constructor(network: MemoryNetwork, options: MemoryLinksOptions) {
    this.id = options.id;
    this.address = options.address;
    this.options = options;
    this.#network = network;
    this.#timing = { ...LINK_TIMING, ...options.timing };
    this.#records = new RecordCheck(options.verify);
  }

  send(to: Contact, message: ControlMessage): void {
    const peer = this.#reach(to);
    if (peer === undefined) {
      if (to.id !== undefined) this.#report(to.id);
      return;
    }
    this.options.counts['control_messages.sent'] += 1;
    const frame = encode(message);
    this.#network.later(() => peer.#receive(this.id, frame));
  }

  fetch(request: PeerRequest, sink: FillSink): Cancel {
    const { id, link } = request.source.peer;
    const peer = link === '' ? undefined : this.#reach({ id, link });
    if (peer === undefined) {
      this.#report(id);
      return failLater(sink, 'unreachable', 'nobody there');
    }
    return this.#channel(peer).requests.fetch(request, sink);
  }

  close(done: () => void): void {
    this.#closed = true;
    this.#network.detach(this.id);
    for (const id of [...this.#asking.keys()]) this.#cut(id);
    for (const replies of this.#answering.values()) replies.closed();
    this.#network.later(done);
  }

  /** A peer is gone. */
  lost(id: AgentId): void {
    const known = this.linked.delete(id);
    this.#cut(id);
    this.#answering.get(id)?.closed();
    this.#answering.delete(id);
    if (known) this.#report(id);
  }

  #reach(to: Contact): MemoryLinks | undefined {
    if (this.#closed || to.id === this.id) return undefined;
    const peer = this.#network.find(to, this);
    if (peer === undefined || peer === this) return undefined;
    this.linked.add(peer.id);
    peer.linked.add(this.id);
    return peer;
  }

  #receive(from: AgentId, frame: Uint8Array): void {
    if (this.#closed) return;
    const decoded = decode(frame);
    const { counts, events } = this.options;
    if (!decoded.ok) {
      counts['rejected.link'] += 1;
    } else if (!this.#records.passes(decoded.value as ControlMessage)) {
      counts['rejected.record'] += 1;
    } else {
      counts['control_messages.received'] += 1;
      events.message(from, decoded.value as ControlMessage);
      return;
    }
    this.#network.cut(this, from);
  }

  #channel(peer: MemoryLinks): Channel {
    const open = this.#asking.get(peer.id);
    if (open !== undefined) return open;
    let waiting = 0;
    const network = this.#network;
    const refused = (): void => {
      this.options.counts['rejected.link'] += 1;
      this.#cut(peer.id);
    };
    const carry = (message: Message, take: (message: Message) => unknown): boolean => {
      const decoded = decode(encode(message));
      if (!decoded.ok) return false;
      network.later(() => {
        if (this.#asking.get(peer.id) === channel && take(decoded.value) !== undefined) refused();
      });
      return true;
    };
    const replies = new Replies({
      from: this.id,
      serve: peer.options.events.serve,
      counts: peer.options.counts,
      link: {
        get full() {
          return waiting >= BULK_QUEUE_BYTES_FULL;
        },
        send: (message) => carry(message, () => channel.requests.message(message)),
        piece: (id, bytes) => {
          waiting += bytes.length;
          network.later(() => {
            waiting -= bytes.length;
            if (this.#asking.get(peer.id) !== channel) return;
            if (channel.requests.piece(id, bytes) !== undefined) refused();
            replies.drained();
          });
        },
      },
    });
    const requests = new Requests({
      send: (message) =>
        carry(message, () =>
          message.kind === 'fetch' ? replies.fetch(message) : replies.cancel(message.id),
        ),
      onSilence: () => undefined,
      counts: this.options.counts,
      silenceMs: this.#timing.silenceMs,
    });
    const channel: Channel = { requests, replies };
    this.#asking.set(peer.id, channel);
    peer.#answering.set(this.id, replies);
    return channel;
  }

  #cut(id: AgentId): void {
    const channel = this.#asking.get(id);
    this.#asking.delete(id);
    channel?.requests.broken('the peer is gone');
    channel?.replies.closed();
  }

  #report(id: AgentId): void {
    this.#network.later(() => {
      if (!this.#closed) this.options.events.broken(id);
    });
  }
}
