// A player and an agent's session over a carrier in memory, with an edge that does what each test tells it.

import type { Carrier, Session, Stream } from '../../../agent/adapters/webtransport/carrier.ts';
import { type WebCertificate, webCertificate } from '../../../agent/adapters/webtransport/certificate.ts';
import { CertificateRota } from '../../../agent/adapters/webtransport/certificate-rota.ts';
import type { ExchangePorts } from '../../../agent/adapters/webtransport/exchange.ts';
import { InFlight } from '../../../agent/adapters/webtransport/in-flight.ts';
import { WEBTRANSPORT_LIMITS, type WebTransportLimits } from '../../../agent/adapters/webtransport/limits.ts';
import { PlayerSession } from '../../../agent/adapters/webtransport/player-session.ts';
import { type Counts, newCounts, Timings } from '../../../agent/core/counters.ts';
import type { ViewerReply, ViewerRequest } from '../../../agent/edge/ports.ts';
import { frameOf, MessageReader } from '../../../agent/wire/frames.ts';
import type { Get, HeaderField, Message } from '../../../agent/wire/message.ts';
import type { Roster } from '../../../agent/wire/roster.ts';
import { memoryCarrier } from '../../contract/webtransport-memory.ts';
import { berlin, claimOf, someId } from '../wire/example.ts';

export { CertificateRota };

/** Making keys is slow, and these sessions do not look at them. */
const certificate: Promise<WebCertificate> = webCertificate(Date.now());

export const ROSTER: Roster = {
  version: 1,
  agent: {
    ...{ id: someId(1), region: berlin, ring: claimOf(someId(1)).ring, url: 'http://edge:80', load: 0 },
    weight: 1,
  },
  near: [],
  elsewhere: [],
  origins: [],
  ignoredQuery: [],
  ttlMs: 1000,
};

export interface Served {
  readonly request: ViewerRequest;
  readonly reply: ViewerReply;
  cancelled: boolean;
}

export class Agent {
  nowMs = 1000;
  /** Requests in the order in which they came. */
  readonly served: Served[] = [];
  readonly counts: Counts = newCounts();
  readonly timings = new Timings();
  readonly inFlight: InFlight;
  readonly ports: ExchangePorts;
  /** What answers, if anything does at once. */
  answer: (reply: ViewerReply) => void = () => {};

  constructor(limits: Partial<WebTransportLimits> = {}) {
    const all = { ...WEBTRANSPORT_LIMITS, ...limits };
    this.inFlight = new InFlight(all.inFlightBytesMax);
    this.ports = {
      serve: (request, reply) => {
        const served = { request, reply, cancelled: false };
        this.served.push(served);
        this.answer(reply);
        return () => {
          served.cancelled = true;
        };
      },
      roster: () => ROSTER,
      counts: this.counts,
      timings: this.timings,
      now: () => this.nowMs,
      limits: all,
    };
  }

  async meet(carrier: Carrier = memoryCarrier()): Promise<{ session: PlayerSession; player: Session }> {
    const own = await certificate;
    const listener = await carrier.listen({ host: '', port: 0, certificate: own, path: '/ringcast' });
    const taken = listener.accept().then((request) => request?.take());
    const player = await carrier.dial(`https://edge:${listener.port}/ringcast`, [own.hash]);
    const session = new PlayerSession((await taken) as Session, this.inFlight, this.ports);
    void session.run();
    return { session, player };
  }
}

export interface Said {
  readonly messages: readonly Message[];
  readonly body: Buffer;
  /** How the stream ended, or that it has not. */
  readonly end: 'open' | 'finished' | 'reset';
}

/** A player's end of one stream. */
export class Asked {
  readonly stream: Stream;
  readonly #messages: Message[] = [];
  readonly #reader = new MessageReader({
    message: (message) => this.#messages.push(message),
    refuse: (reason) => {
      throw new Error(`the agent sent what is refused: ${reason}`);
    },
  });
  #end: Said['end'] = 'open';

  constructor(stream: Stream) {
    this.stream = stream;
  }

  /** Reads all that comes, from now on. */
  async read(): Promise<void> {
    try {
      for (let bytes = await this.stream.read(); bytes; bytes = await this.stream.read())
        this.#reader.push(bytes);
      this.#end = 'finished';
    } catch {
      this.#end = 'reset';
    }
  }

  get said(): Said {
    const pieces = this.#messages.flatMap((message) => (message.kind === 'piece' ? [message.bytes] : []));
    const messages = this.#messages.filter(({ kind }) => kind !== 'piece');
    return { messages, body: Buffer.concat(pieces), end: this.#end };
  }

  get kinds(): string[] {
    return this.said.messages.map((message) =>
      message.kind === 'answer'
        ? `answer ${message.status}`
        : message.kind === 'reset'
          ? message.reason
          : message.kind,
    );
  }
}

export function getOf(target: string, over: Partial<Get> = {}): Uint8Array {
  return bytesOf({ kind: 'get', method: 'GET', target, deadlineMs: 0, headers: [], ...over });
}

export function bytesOf(message: Message): Uint8Array {
  const frame = frameOf(message);
  if (frame === undefined) throw new Error('not a frame');
  return frame;
}

export async function ask(player: Session, bytes: Uint8Array): Promise<Asked> {
  const asked = new Asked(await player.openStream());
  await asked.stream.write(bytes);
  void asked.read();
  await settled();
  return asked;
}

/** Lets everything that needs no clock happen. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function whole(body: Uint8Array, headers: readonly HeaderField[] = []): (reply: ViewerReply) => void {
  return (reply) => reply.whole({ status: 200, headers, source: 'ram' }, body);
}
