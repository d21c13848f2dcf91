// Every link of one agent over mutual TLS: it dials on need, accepts, and keeps one control and one bulk link a peer.
//
// Two agents that dial each other at once keep both links, and each sends on its own: closing one of them would need
// an agreement, and a wrong one flaps. Fetches go over a bulk link that the asking side dialled; the other side only
// answers on it. Events are told after the call that caused them has returned, so that a core in the middle of its
// effects is never entered again.

import type { Server, TLSSocket } from 'node:tls';
import type { Counts } from '../../core/counters.ts';
import type { Contact } from '../../core/ports.ts';
import type { Cancel, FillSink, LinkEvents, LinkPort, PeerRequest } from '../../edge/ports.ts';
import type { AgentId } from '../../wire/ids.ts';
import type { ControlMessage, LinkPurpose, Message } from '../../wire/message.ts';
import type { RejectReason } from '../../wire/reject.ts';
import { RingcastError } from '../ringcast-error.ts';
import { formatAddress, type HostPort, parseAddress } from './address.ts';
import { Backoff } from './backoff.ts';
import { BulkLinks } from './bulk-links.ts';
import { LINK_TIMING, LINKS_PER_PEER_MAX, type LinkTiming, MUTE_MESSAGES_MIN } from './limits.ts';
import { type Closing, Link, type LinkOwner } from './link.ts';
import { dial, type LinkIdentity, listener, peerOf, renewListener, secureContext } from './mutual-tls.ts';
import { RecordCheck } from './record-check.ts';

export interface LinksOptions {
  readonly identity: LinkIdentity;
  /** Where peers dial; undefined for an agent that only dials out. Port 0 takes a free one. */
  readonly listen: HostPort | undefined;
  readonly events: LinkEvents;
  readonly counts: Counts;
  /** One line for the operator. */
  readonly log: (line: string) => void;
  readonly timing?: Partial<LinkTiming> | undefined;
}

export class Links implements LinkPort {
  /** Where it listens; undefined where it does not. */
  address: HostPort | undefined = undefined;
  readonly #options: LinksOptions;
  readonly #timing: LinkTiming;
  readonly #backoff: Backoff;
  readonly #records: RecordCheck;
  readonly #bulk: BulkLinks;
  readonly #sweep: NodeJS.Timeout;
  readonly #server: Server | undefined;
  readonly #all: Set<Link> = new Set();
  /** The link that messages to a peer are sent on, open or opening. */
  readonly #control: Map<AgentId, Link> = new Map();
  /** The same for seeds, by address, whose owners are not known before. */
  readonly #seeds: Map<string, Link> = new Map();
  /** Whom a dialled link is meant to reach. */
  readonly #expected: Map<Link, AgentId> = new Map();
  /** Peers to be reported broken when the current call is over. */
  readonly #broken: Set<AgentId> = new Set();
  #context: ReturnType<typeof secureContext>;
  #identity: LinkIdentity;
  #closed = false;

  /** @throws RingcastError `link-listen` where the address cannot be listened on */
  static async open(options: LinksOptions): Promise<Links> {
    const links = new Links(options);
    if (options.listen !== undefined) await links.#listen(options.listen);
    return links;
  }

  private constructor(options: LinksOptions) {
    this.#options = options;
    this.#identity = options.identity;
    this.#timing = { ...LINK_TIMING, ...options.timing };
    const { backoffMs, backoffMaxMs, dialMs, sweepMs } = this.#timing;
    this.#backoff = new Backoff({ shortestMs: backoffMs, longestMs: backoffMaxMs });
    this.#records = new RecordCheck((record) => this.#identity.verify(record));
    this.#context = secureContext(options.identity);
    this.#bulk = new BulkLinks({
      dial: (contact) => this.#dial(contact, 'bulk'),
      serve: (...call) => options.events.serve(...call),
      counts: options.counts,
      timing: this.#timing,
    });
    this.#server = options.listen === undefined ? undefined : listener(options.identity, dialMs);
    this.#server?.on('secureConnection', (socket) => this.#accept(socket));
    this.#server?.on('tlsClientError', (error, socket) => {
      this.#reject(`link from ${addressOf(socket)}: ${socket.authorizationError ?? error.message}`);
    });
    this.#sweep = setInterval(() => this.#sweepLinks(), sweepMs);
    this.#sweep.unref();
  }

  send(to: Contact, message: ControlMessage): void {
    const link = this.#closed ? undefined : this.#controlTo(to);
    if (link?.send(message)) this.#options.counts['control_messages.sent'] += 1;
    else if (to.id !== undefined) this.#report(to.id);
  }

  fetch(request: PeerRequest, sink: FillSink): Cancel {
    return this.#bulk.fetch(request, sink, (peer) => this.#report(peer));
  }

  close(done: () => void): void {
    this.#closed = true;
    clearInterval(this.#sweep);
    for (const link of this.#all) link.close();
    if (this.#server?.listening === true) this.#server.close(() => done());
    else setImmediate(done);
  }

  /** Takes a renewed certificate for links that are opened from now on. */
  renew(identity: LinkIdentity): void {
    this.#identity = identity;
    this.#context = secureContext(identity);
    if (this.#server !== undefined) renewListener(this.#server, identity);
  }

  /** Links that are open, by purpose. */
  count(purpose: LinkPurpose): number {
    let count = 0;
    for (const link of this.#all) if (link.phase === 'open' && link.purpose === purpose) count += 1;
    return count;
  }

  #listen(at: HostPort): Promise<void> {
    const server = this.#server as Server;
    return new Promise((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        clearInterval(this.#sweep);
        const why = cause.code === 'EADDRINUSE' ? 'it is in use: choose another port' : cause.message;
        reject(
          new RingcastError('link-listen', `cannot listen for links on ${formatAddress(at)}: ${why}`, {
            cause,
          }),
        );
      });
      server.listen(at, () => {
        server.removeAllListeners('error');
        server.on('error', (error) => this.#options.log(`link listener: ${error.message}`));
        this.address = { host: at.host, port: (server.address() as { port: number }).port };
        resolve();
      });
    });
  }

  #controlTo(to: Contact): Link | undefined {
    const known = to.id === undefined ? this.#seeds.get(to.link) : this.#control.get(to.id);
    if (known !== undefined) return known;
    const link = this.#dial(to, 'control');
    if (link === undefined) return undefined;
    if (to.id === undefined) this.#seeds.set(to.link, link);
    else this.#control.set(to.id, link);
    return link;
  }

  /** @returns a link that is opening, or undefined where the peer has no address or did not answer just now */
  #dial(contact: Contact, purpose: LinkPurpose): Link | undefined {
    const to = parseAddress(contact.link);
    if (to === undefined || this.#closed || contact.id === this.#identity.id) return undefined;
    if (!this.#backoff.mayDial(contact.link, performance.now())) return undefined;
    const { dialMs } = this.#timing;
    const link = new Link({
      owner: this.#owner,
      dialled: true,
      purpose,
      address: contact.link,
      openMs: dialMs,
    });
    this.#all.add(link);
    if (contact.id !== undefined) this.#expected.set(link, contact.id);
    const secured = (socket: TLSSocket): void => {
      const peer = peerOf(socket, this.#identity);
      if (peer === undefined) link.cut('the peer is no agent of this cluster');
      else if (peer === this.#identity.id) this.#dialledItself(link);
      else link.secured(peer);
    };
    link.attach(dial({ context: this.#context, to, secured, receive: (bytes) => link.receive(bytes) }));
    return link;
  }

  /** An agent is often among its own seeds: nothing to report, and nothing to try again soon. */
  #dialledItself(link: Link): void {
    this.#backoff.failed(link.address, performance.now());
    link.close();
  }

  #accept(socket: TLSSocket): void {
    socket.on('error', ignoreUntilAttached);
    const peer = peerOf(socket, this.#identity);
    if (peer === this.#identity.id || this.#closed) {
      socket.destroy();
      return;
    }
    if (peer === undefined) {
      this.#reject(`link from ${addressOf(socket)}: no agent of this cluster, or another protocol`);
      socket.destroy();
      return;
    }
    const { dialMs } = this.#timing;
    const address = addressOf(socket);
    const link = new Link({
      owner: this.#owner,
      dialled: false,
      purpose: 'control',
      address,
      openMs: dialMs,
    });
    this.#all.add(link);
    link.attach(socket);
    socket.on('data', (bytes) => link.receive(bytes));
    link.secured(peer);
  }

  readonly #owner: LinkOwner = {
    opened: (link, peer) => this.#opened(link, peer),
    message: (link, message) => this.#message(link, message),
    piece: (link, id, bytes) => this.#bulk.piece(link, id, bytes),
    drained: (link) => this.#bulk.drained(link),
    refused: (link, reason) => {
      this.#options.counts[reason === 'bad-signature' ? 'rejected.record' : 'rejected.link'] += 1;
      this.#options.log(`${link.purpose} link with ${link.address}: refused what it sent: ${reason}`);
    },
    closed: (link, closing, detail) => this.#linkClosed(link, closing, detail),
  };

  #opened(link: Link, peer: AgentId): RejectReason | undefined {
    const expected = this.#expected.get(link);
    if (expected !== undefined && expected !== peer) return 'bad-id';
    if (link.dialled) this.#backoff.succeeded(link.address);
    else if (this.#acceptedFrom(peer) > LINKS_PER_PEER_MAX) return 'too-many';
    if (link.purpose === 'bulk' && !link.dialled) this.#bulk.accepted(link, peer);
    if (link.purpose === 'control') this.#prefer(link, peer);
    return undefined;
  }

  /** A new link takes the place of one that has gone mute: a peer that dials again has often lost the old one. */
  #prefer(link: Link, peer: AgentId): void {
    const current = this.#control.get(peer);
    const mute = current !== undefined && performance.now() - current.heardMs > this.#timing.muteMs / 5;
    if (current === undefined || (current !== link && mute)) this.#control.set(peer, link);
  }

  #acceptedFrom(peer: AgentId): number {
    let count = 0;
    for (const link of this.#all) if (link.peer === peer && !link.dialled) count += 1;
    return count;
  }

  #message(link: Link, message: Message): RejectReason | undefined {
    if (link.purpose === 'bulk') return this.#bulk.message(link, message);
    if (!isControl(message)) return 'unexpected';
    if (!this.#records.passes(message)) return 'bad-signature';
    this.#options.counts['control_messages.received'] += 1;
    this.#options.events.message(link.peer as AgentId, message);
    return undefined;
  }

  #linkClosed(link: Link, closing: Closing, detail: string): void {
    const peer = this.#expected.get(link) ?? link.peer;
    this.#all.delete(link);
    this.#expected.delete(link);
    if (this.#seeds.get(link.address) === link) this.#seeds.delete(link.address);
    if (link.dialled && closing !== 'asked') this.#backoff.failed(link.address, performance.now());
    const busy = this.#bulk.closed(link, detail);
    if (peer !== undefined && this.#control.get(peer) === link) this.#replace(peer);
    if (closing === 'asked') return;
    // A peer closes its own idle bulk links: no sign of trouble.
    if (link.purpose === 'bulk' && !link.dialled && !busy) return;
    this.#options.log(`${link.purpose} link with ${link.address}: ${detail}`);
    if (peer !== undefined) this.#report(peer);
  }

  /** Goes on with another open link of the peer, where both had dialled. */
  #replace(peer: AgentId): void {
    this.#control.delete(peer);
    for (const link of this.#all) {
      if (link.peer !== peer || link.purpose !== 'control' || link.phase !== 'open') continue;
      this.#control.set(peer, link);
      return;
    }
  }

  #report(peer: AgentId): void {
    if (this.#closed) return;
    if (this.#broken.size === 0) setImmediate(() => this.#tellBroken());
    this.#broken.add(peer);
  }

  #tellBroken(): void {
    const broken = [...this.#broken];
    this.#broken.clear();
    for (const peer of broken) if (!this.#closed) this.#options.events.broken(peer);
  }

  #reject(line: string): void {
    this.#options.counts['rejected.link'] += 1;
    this.#options.log(line);
  }

  #sweepLinks(): void {
    const nowMs = performance.now();
    const { muteMs, stallMs } = this.#timing;
    for (const link of this.#all) {
      const silentMs = nowMs - link.heardMs;
      const mute = link.purpose === 'control' && link.unheard >= MUTE_MESSAGES_MIN && silentMs > muteMs;
      if (mute) link.cut(`nothing heard for ${Math.round(silentMs)} ms`);
      else if (link.queuedBytes > 0 && nowMs - link.movedMs > stallMs) link.cut('it takes no bytes');
    }
    this.#bulk.sweep(nowMs);
  }
}

function addressOf(socket: TLSSocket): string {
  return formatAddress({ host: socket.remoteAddress ?? 'unknown', port: socket.remotePort ?? 0 });
}

/** Errors between accepting and attaching end in 'close', which the socket's owner sees. */
function ignoreUntilAttached(): void {}

/** Named are the kinds that are none: a new control message is let through without a word here. */
const NO_CONTROL: Readonly<Record<Exclude<Message, ControlMessage>['kind'], true>> = {
  hello: true,
  goodbye: true,
  fetch: true,
  filling: true,
  head: true,
  piece: true,
  descriptor: true,
  end: true,
  reset: true,
  cancel: true,
  redirect: true,
  get: true,
  answer: true,
};

function isControl(message: Message): message is ControlMessage {
  return !Object.hasOwn(NO_CONTROL, message.kind);
}
