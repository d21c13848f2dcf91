// One edge with the real swarm, and a world that does what a test says: origin, peers, viewers, other agents.
//
// Times are set, not measured. Fetches are written down in order; the test gives each its head, bytes and end.
// Those who ask are in edge-askers.ts.

import { expect } from 'vitest';
import type { Digests } from '../../../agent/adapters/digest/digests.ts';
import { type Counts, newCounts, Timings } from '../../../agent/core/counters.ts';
import type { FetchFailure, Outbox } from '../../../agent/core/ports.ts';
import { Swarm, type SwarmNow } from '../../../agent/core/swarm/swarm.ts';
import { SWARM_TUNING } from '../../../agent/core/swarm/tuning.ts';
import { descriptorOf } from '../../../agent/edge/descriptor-of.ts';
import { Edge } from '../../../agent/edge/edge.ts';
import { parseOriginBase } from '../../../agent/edge/policy/origin-base.ts';
import { GENERIC, MEDIA, SEGMENT } from '../../../agent/edge/policy/policy.ts';
import { MEDIA_DROPPED } from '../../../agent/edge/policy/upstream.ts';
import type {
  FillSink,
  OriginRequest,
  PassSink,
  PeerRequest,
  StoredResponse,
} from '../../../agent/edge/ports.ts';
import type { Descriptor } from '../../../agent/wire/descriptor.ts';
import type { AgentId, SegmentName } from '../../../agent/wire/ids.ts';
import type { Fetch, HeaderField } from '../../../agent/wire/message.ts';
import { segmentName } from '../../../agent/wire/segment-name.ts';
import { agentId, homeOf, ringOf } from '../core/swarm/ring.ts';
import { Neighbour, Viewer } from './edge-askers.ts';
import { fields, NOW } from './exchanges.ts';
import { signerOf } from './signers.ts';

export const SELF: AgentId = agentId(0);
export const OBJECT_BYTES_MAX = 1000;
const ORIGIN_ID = 'o';
const ORIGIN_BASE = parseOriginBase('http://origin.example');

/** A fetch or a passed request, as origin or peer see it. */
export class Asked {
  readonly request: OriginRequest | PeerRequest;
  readonly kind: 'origin' | 'pass' | 'peer';
  cancelled = false;
  /** Ended by the test. */
  over = false;
  /** A passed body: the viewer is full. */
  paused = false;
  /** A peer signs what it sent, unless it is told otherwise. */
  signs = true;
  /** All bytes of the object up to now, those before the offset asked for included. */
  sent: Uint8Array;
  #status = 200;
  #headers: readonly HeaderField[] = [];
  readonly #sink: FillSink | PassSink;
  readonly #signer: { readonly digests: Digests; now(): number };

  constructor(
    kind: Asked['kind'],
    request: Asked['request'],
    sink: FillSink | PassSink,
    signing: { readonly signer: { readonly digests: Digests; now(): number }; readonly before: Uint8Array },
  ) {
    this.kind = kind;
    this.request = request;
    this.sent = signing.before;
    this.#sink = sink;
    this.#signer = signing.signer;
  }

  get live(): boolean {
    return !this.cancelled && !this.over;
  }

  header(name: string): string | undefined {
    return this.request.headers.find(([each]) => each === name)?.[1];
  }

  /** @param size -1 unknown @param delayMs from a peer: the age rides in it */
  head(status: number, lines: readonly string[], size = -1, delayMs = 0): this {
    this.#status = status;
    this.#headers = fields(...lines);
    if (this.live) this.#sink.head({ status, headers: this.#headers, size, delayMs });
    return this;
  }

  /** @returns what the peer signs for these bytes */
  descriptorOf(body: Uint8Array): Descriptor {
    if (!('name' in this.request)) throw new Error('only a peer signs');
    const about = { name: this.request.name, status: this.#status, headers: this.#headers };
    return descriptorOf(this.#signer, about, body);
  }

  describe(descriptor: Descriptor): this {
    this.signs = false;
    if (this.live && 'descriptor' in this.#sink) this.#sink.descriptor(descriptor);
    return this;
  }

  /** @param flip bit of the text that a broken peer turns over; it signs what it should have sent */
  bytes(text: string, flip = -1): this {
    const sent = new TextEncoder().encode(text);
    const chunk = sent.slice();
    if (flip >= 0) chunk[flip >> 3] = (chunk[flip >> 3] ?? 0) ^ (1 << (flip & 7));
    const before = this.sent;
    this.raw(chunk);
    this.sent = Buffer.concat([before, sent]);
    return this;
  }

  /** The buffer is the source's: it is overwritten after the call. */
  raw(chunk: Uint8Array): this {
    if (!this.live) return this;
    this.sent = Buffer.concat([this.sent, chunk]);
    if ('bytes' in this.#sink) this.#sink.bytes(chunk);
    else this.paused = !this.#sink.write(chunk);
    chunk.fill(0);
    return this;
  }

  end(): void {
    if (this.kind === 'peer' && this.signs && this.#status !== 304) {
      this.describe(this.descriptorOf(this.sent));
    }
    if (!this.live) return;
    this.over = true;
    this.#sink.end();
  }

  fail(reason: FetchFailure): void {
    if (!this.live) return;
    this.over = true;
    this.#sink.fail(reason, `scripted: ${reason}`);
  }

  /** A whole answer. */
  answer(status: number, lines: readonly string[], body = ''): void {
    this.head(status, lines, body.length);
    if (body !== '') this.bytes(body);
    this.end();
  }
}

export interface BenchOptions {
  /** Members of the ring, this agent included. */
  readonly members?: number;
  readonly objectBytesMax?: number;
}

export class Bench {
  nowMs = NOW;
  readonly counts: Counts = newCounts();
  readonly asked: Asked[] = [];
  readonly stored: Map<string, StoredResponse> = new Map();
  readonly swarm: Swarm = new Swarm(SELF, SWARM_TUNING);
  readonly edge: Edge;
  readonly digests: Digests = signerOf(() => this.nowMs);
  /** Who signs what peers send. */
  peer: { readonly digests: Digests; now(): number } = {
    digests: signerOf(() => this.nowMs),
    now: () => this.nowMs,
  };
  readonly corrupt: string[] = [];
  readonly #view: SwarmNow['view'];

  constructor({ members = 1, objectBytesMax = OBJECT_BYTES_MAX }: BenchOptions = {}) {
    if (ORIGIN_BASE === undefined) throw new Error('no origin');
    this.#view = ringOf(members);
    const lazy = (): Edge => this.edge;
    const outbox: Outbox = {
      send: () => {},
      wakeAt: () => {},
      fetchOrigin: (fill, segment) => lazy().fetchOrigin(fill, segment),
      fetchPeer: (fill, segment, source) => lazy().fetchPeer(fill, segment, source),
      answer: (want, answer) => lazy().answer(want, answer),
      giveUp: (fill, reason) => lazy().giveUp(fill, reason),
      deliver: () => {},
    };
    const now = (): SwarmNow => ({ nowMs: this.nowMs, view: this.#view, outbox });
    const ask = (kind: Asked['kind'], request: Asked['request'], sink: FillSink | PassSink): Asked => {
      const offset = 'offset' in request ? request.offset : 0;
      const before = this.asked.at(-1)?.sent.slice(0, offset) ?? new Uint8Array(0);
      const asked = new Asked(kind, request, sink, { signer: this.peer, before });
      this.asked.push(asked);
      return asked;
    };
    const cancelOf = (asked: Asked) => () => {
      asked.cancelled = true;
    };
    this.edge = new Edge({
      core: {
        want: (want, segment, requester) => this.swarm.want(want, segment, requester, now()),
        begun: (fill) => this.swarm.begun(fill),
        settle: (fill, outcome) => this.swarm.settle(fill, outcome, now()),
      },
      origin: {
        fetch: (request, sink) => cancelOf(ask('origin', request, sink)),
        pass: (request, sink) => {
          const asked = ask('pass', request, sink);
          const resume = () => {
            asked.paused = false;
          };
          return { cancel: cancelOf(asked), resume };
        },
      },
      peers: { fetch: (request, sink) => cancelOf(ask('peer', request, sink)) },
      store: {
        get: (key) => this.stored.get(key),
        set: (key, response) => {
          this.stored.set(key, response);
          return true;
        },
        delete: (key) => this.stored.delete(key),
        bytes: 0,
        count: 0,
      },
      digests: this.digests,
      onCorrupt: (peer, _, detail) => this.corrupt.push(`${peer.slice(0, 8)}: ${detail}`),
      counts: this.counts,
      timings: new Timings(),
      now: () => this.nowMs,
      allocate: (bytes) => new Uint8Array(bytes),
      originId: ORIGIN_ID,
      originBase: ORIGIN_BASE,
      ignoredQuery: ['CMCD'],
      objectBytesMax,
      policies: { segment: SEGMENT, playlist: MEDIA, other: GENERIC },
      upstream: {
        loopToken: 'ringcast-t',
        agentId: '0011223344556677',
        identity: true,
        dropped: MEDIA_DROPPED,
      },
    });
  }

  /** The latest fetch. */
  get last(): Asked {
    const last = this.asked.at(-1);
    if (last === undefined) throw new Error('nothing was asked');
    return last;
  }

  get(target: string, ...lines: string[]): Viewer {
    return this.send('GET', target, ...lines);
  }

  send(method: string, target: string, ...lines: string[]): Viewer {
    const viewer = new Viewer();
    viewer.isHead = method === 'HEAD';
    return this.as(viewer, method, target, ...lines);
  }

  as(viewer: Viewer, method: string, target: string, ...lines: string[]): Viewer {
    const headers = fields('Host: agent.example', ...lines);
    viewer.cancelBy(this.edge.serveViewer({ method, target, headers, body: undefined }, viewer));
    return viewer;
  }

  /** A fetch of another agent. */
  fetch(target: string, about: Partial<Fetch> = {}): Neighbour {
    const neighbour = new Neighbour();
    const from = agentId(1);
    const fetch: Fetch = {
      kind: 'fetch',
      id: 1,
      name: nameOf(target),
      target,
      tier: 0,
      chain: [from],
      avoid: [],
      offset: 0,
      ifMatch: '',
      deadlineMs: 0,
      headers: [],
      ...about,
    };
    neighbour.cancelBy(this.edge.servePeer(from, fetch, neighbour));
    return neighbour;
  }

  /** @returns a target whose home is, or is not, this agent */
  targetAt(home: 'self' | 'peer', ending = 'ts'): string {
    for (let number = 0; ; number += 1) {
      const target = `/s${number}.${ending}`;
      const at = homeOf(this.#view, { name: nameOf(target), kind: 'segment' });
      if ((at === SELF) === (home === 'self')) return target;
    }
  }

  find(target: string): StoredResponse | undefined {
    return this.edge.lookup.find(nameOf(target), []);
  }

  /** Nothing is left behind: no fill here, none in the core, no fetch that nobody wants. */
  expectQuiet(): void {
    expect(this.edge.fills).toBe(0);
    expect(this.swarm.fills).toBe(0);
    expect(this.asked.filter((each) => each.live)).toEqual([]);
  }

  /** Requests counted, each once. */
  get requests(): Record<string, number> {
    const counted = Object.entries(this.counts).filter(([key, n]) => key.startsWith('requests.') && n > 0);
    return Object.fromEntries(counted.map(([key, n]) => [key.slice('requests.'.length), n]));
  }
}

export function nameOf(target: string): SegmentName {
  return segmentName({ originId: ORIGIN_ID, target }, ['CMCD']);
}
