// A carrier in memory: pipes with a window instead of QUIC, for tests of what is above it.

import { RingcastError } from '../../agent/adapters/ringcast-error.ts';
import type {
  Carrier,
  Listener,
  ListenOptions,
  Session,
  SessionRequest,
  Stream,
} from '../../agent/adapters/webtransport/carrier.ts';

/** Bytes that a pipe takes before it is read. */
const WINDOW_BYTES = 256 * 1024;
const DATAGRAM_BYTES_MAX = 1200;

interface Taker<T> {
  resolve(item: T | undefined): void;
  reject(error: Error): void;
}

class Queue<T> {
  readonly #items: T[] = [];
  #taker: Taker<T> | undefined;
  #state: 'open' | 'ended' | 'broken' = 'open';

  get size(): number {
    return this.#items.length;
  }

  put(item: T): void {
    if (this.#state !== 'open') return;
    if (this.#taker === undefined) this.#items.push(item);
    else this.#given()?.resolve(item);
  }

  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#given()?.resolve(undefined);
  }

  break(): void {
    if (this.#state === 'broken') return;
    this.#state = 'broken';
    this.#items.length = 0;
    this.#given()?.reject(new Error('reset'));
  }

  take(): Promise<T | undefined> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    if (this.#state === 'ended') return Promise.resolve(undefined);
    if (this.#state === 'broken') return Promise.reject(new Error('reset'));
    return new Promise((resolve, reject) => {
      this.#taker = { resolve, reject };
    });
  }

  #given(): Taker<T> | undefined {
    const taker = this.#taker;
    this.#taker = undefined;
    return taker;
  }
}

/** One direction of a stream. */
class Pipe {
  readonly #queue = new Queue<Uint8Array>();
  #bytes = 0;
  #broken = false;
  #roomy: (() => void) | undefined;
  #refuse: (() => void) | undefined;

  write(bytes: Uint8Array): Promise<void> {
    if (this.#broken) return Promise.reject(new Error('stopped'));
    this.#queue.put(Uint8Array.from(bytes));
    this.#bytes += bytes.length;
    if (this.#bytes <= WINDOW_BYTES) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#roomy = resolve;
      this.#refuse = () => reject(new Error('stopped'));
    });
  }

  async read(): Promise<Uint8Array | undefined> {
    const bytes = await this.#queue.take();
    this.#bytes -= bytes?.length ?? 0;
    if (this.#bytes <= WINDOW_BYTES) this.#roomy?.();
    return bytes;
  }

  end(): void {
    this.#queue.end();
  }

  break(): void {
    this.#broken = true;
    this.#queue.break();
    this.#refuse?.();
  }
}

class MemoryStream implements Stream {
  readonly #in: Pipe;
  readonly #out: Pipe;
  #finished = false;

  constructor(inward: Pipe, outward: Pipe) {
    this.#in = inward;
    this.#out = outward;
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#in.read();
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#out.write(bytes);
  }

  finish(): void {
    this.#finished = true;
    this.#out.end();
  }

  abandon(): void {
    this.#in.break();
    if (!this.#finished) this.#out.break();
  }

  cut(): void {
    this.#in.break();
    this.#out.break();
  }
}

class MemorySession implements Session {
  readonly closed: Promise<void>;
  readonly streams = new Queue<Stream>();
  readonly all: MemoryStream[] = [];
  other: MemorySession | undefined;
  #ended = false;
  #resolve: () => void = () => {};

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  nextStream(): Promise<Stream | undefined> {
    return this.streams.take();
  }

  openStream(): Promise<Stream> {
    if (this.#ended) return Promise.reject(new Error('closed'));
    const [there, back] = [new Pipe(), new Pipe()];
    const [own, others] = [new MemoryStream(back, there), new MemoryStream(there, back)];
    this.all.push(own, others);
    this.other?.streams.put(others);
    return Promise.resolve(own);
  }

  sendDatagram(bytes: Uint8Array): boolean {
    return !this.#ended && bytes.length <= DATAGRAM_BYTES_MAX;
  }

  close(): void {
    this.end();
    this.other?.end();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const stream of this.all) stream.cut();
    this.streams.end();
    this.#resolve();
  }
}

export function memoryCarrier(): Carrier {
  const places = new Map<number, { hash: string; requests: Queue<SessionRequest> }>();
  let ports = 1000;
  const listen = async ({ port, certificate }: ListenOptions): Promise<Listener> => {
    if (places.has(port)) throw new RingcastError('address-refused', `port ${port} is taken`);
    const taken = port === 0 ? ++ports : port;
    const place = { hash: certificate.hash, requests: new Queue<SessionRequest>() };
    places.set(taken, place);
    return {
      port: taken,
      accept: () => place.requests.take(),
      close: () => {
        place.requests.end();
        places.delete(taken);
      },
    };
  };
  const dial = (url: string, hashes: readonly string[]): Promise<Session> => {
    const place = places.get(Number(new URL(url).port));
    if (place === undefined || !hashes.includes(place.hash)) return Promise.reject(new Error('no session'));
    const [near, far] = [new MemorySession(), new MemorySession()];
    near.other = far;
    far.other = near;
    return new Promise((resolve, reject) => {
      place.requests.put({
        path: new URL(url).pathname,
        take: async () => {
          resolve(near);
          return far;
        },
        refuse: (status) => reject(new Error(`refused: ${status}`)),
      });
    });
  };
  return { name: 'memory', listen, dial };
}
