// What every carrier of WebTransport keeps to, whatever library is below it.

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { Carrier, Listener, Session, Stream } from '../../agent/adapters/webtransport/carrier.ts';
import { type WebCertificate, webCertificate } from '../../agent/adapters/webtransport/certificate.ts';

const PATH = '/ringcast';
const MIB = 1024 * 1024;

export interface KnownFaults {
  /** Writes settle although nobody reads: not for production. */
  readonly noBackpressure?: true;
}

export function carrierContract(open: () => Promise<Carrier>, faults: KnownFaults = {}): void {
  let carrier: Carrier;
  let certificate: WebCertificate;
  const listeners: Listener[] = [];
  const sessions: Session[] = [];

  beforeAll(async () => {
    carrier = await open();
    certificate = await webCertificate(Date.now());
  });
  afterEach(async () => {
    for (const session of sessions.splice(0)) session.close(0, 'test over');
    for (const listener of listeners.splice(0)) listener.close();
  });

  const listen = async (port = 0): Promise<Listener> => {
    const listener = await carrier.listen({ host: '127.0.0.1', port, certificate, path: PATH });
    listeners.push(listener);
    return listener;
  };
  const urlOf = (listener: Listener): string => `https://127.0.0.1:${listener.port}${PATH}`;
  const kept = (session: Session): Session => {
    sessions.push(session);
    return session;
  };
  const meet = async (listener: Listener, hash = certificate.hash): Promise<[Session, Session]> => {
    const taken = listener.accept().then((request) => request?.take());
    const near = kept(await carrier.dial(urlOf(listener), [hash]));
    const far = await taken;
    if (far === undefined) throw new Error('expected a session');
    return [near, kept(far)];
  };
  /** A stream, seen from both ends: it exists for the other side with its first byte. */
  const stream = async (near: Session, far: Session): Promise<[Stream, Stream]> => {
    const next = far.nextStream();
    const own = await near.openStream();
    await own.write(Buffer.from('!'));
    const other = await next;
    if (other === undefined) throw new Error('expected a stream');
    expect(await textOf(other)).toBe('!');
    return [own, other];
  };

  test('a session opens by the certificate’s hash and is told with its path or not at all', async () => {
    const listener = await listen();
    const accepted = listener.accept();
    const dialled = carrier.dial(urlOf(listener), ['00'.repeat(32), certificate.hash]);
    const request = await accepted;
    expect([PATH, undefined]).toContain(request?.path);
    await request?.take().then(kept);
    kept(await dialled);
  });

  test('no session opens by another hash', async () => {
    const listener = await listen();
    void listener.accept().catch(() => {});
    await expect(carrier.dial(urlOf(listener), ['00'.repeat(32)])).rejects.toThrow();
  });

  test('bytes arrive in order both ways, 2 MB of them, and then the end', async () => {
    const [near, far] = await meet(await listen());
    const [own, other] = await stream(near, far);
    const body = Buffer.alloc(2 * MIB, 'ringcast 0123456789');
    for (const [from, to] of [
      [own, other],
      [other, own],
    ] as const) {
      const [, digest] = await Promise.all([writeAll(from, body), digestOf(to)]);
      expect(digest).toBe(createHash('sha256').update(body).digest('hex'));
    }
  });

  test('streams of one session do not mix', async () => {
    const [near, far] = await meet(await listen());
    const pairs: [Stream, Stream][] = [];
    for (let i = 0; i < 8; i += 1) pairs.push(await stream(near, far));
    const digests = await Promise.all(
      pairs.map(async ([own, other], i) => {
        const body = Buffer.alloc(200_000 + i, `stream ${i} `);
        const [, digest] = await Promise.all([writeAll(other, body), digestOf(own)]);
        return digest === createHash('sha256').update(body).digest('hex');
      }),
    );
    expect(digests).toEqual(Array(8).fill(true));
  });

  test.skipIf(faults.noBackpressure)(
    'a write does not settle while the other side does not read, and does once it reads',
    async () => {
      const [near, far] = await meet(await listen());
      const [own, other] = await stream(near, far);
      let taken = 0;
      const writing = (async () => {
        for (; taken < 64 * MIB; taken += MIB) await own.write(new Uint8Array(MIB));
        own.finish();
      })();
      let before = -1;
      while (taken > before) {
        before = taken;
        await sleep(300);
      }
      expect(taken).toBeLessThan(32 * MIB);
      const wanted = taken + MIB;
      let read = 0;
      while (read < wanted) read += (await other.read())?.length ?? 0;
      other.abandon();
      await expect(writing).rejects.toThrow();
    },
  );

  test('a stream that one side abandons fails for the other', async () => {
    const [near, far] = await meet(await listen());
    const [own, other] = await stream(near, far);
    const reading = other.read();
    own.abandon();
    await expect(reading).rejects.toThrow();
    await expect(writeAll(other, Buffer.alloc(32 * MIB))).rejects.toThrow();
  });

  test('a stream may be abandoned after it was finished without losing what was written', async () => {
    const [near, far] = await meet(await listen());
    const [own, other] = await stream(near, far);
    await other.write(Buffer.from('the last words'));
    other.finish();
    other.abandon();
    expect(await textOf(own)).toBe('the last words');
    expect(await own.read()).toBeUndefined();
  });

  test('the end of a session reaches both sides, their streams, and whoever waits for a stream', async () => {
    const [near, far] = await meet(await listen());
    const [own, other] = await stream(near, far);
    const waiting = far.nextStream().then(
      (next) => next === undefined,
      () => true,
    );
    const reading = own.read().catch(() => undefined);
    near.close(1, 'enough');
    await Promise.all([near.closed, far.closed, reading]);
    expect(await waiting).toBe(true);
    await expect(writeAll(other, Buffer.alloc(32 * MIB))).rejects.toThrow();
  });

  test('a datagram is sent where it fits, and a large one is not', async () => {
    const [near] = await meet(await listen());
    expect(near.sendDatagram(Buffer.alloc(100))).toBe(true);
    expect(near.sendDatagram(Buffer.alloc(100_000))).toBe(false);
  });

  test('a closed listener ends its waiting, takes nobody, and leaves sessions alone', async () => {
    const listener = await listen();
    const [near, far] = await meet(listener);
    const accepted = listener.accept().catch(() => undefined);
    listener.close();
    expect(await accepted).toBeUndefined();
    await expect(
      Promise.race([carrier.dial(urlOf(listener), [certificate.hash]), failAfter(2_000)]),
    ).rejects.toThrow();
    const [own, other] = await stream(near, far);
    await other.write(Buffer.from('alive'));
    expect(await textOf(own)).toBe('alive');
  });

  test('a port that is taken is refused with a code and a remedy', async () => {
    const listener = await listen();
    await expect(listen(listener.port)).rejects.toMatchObject({ code: 'address-refused' });
  });

  test('a carrier that can renew uses the new certificate for new sessions and keeps the old ones', async () => {
    const listener = await listen();
    if (listener.renew === undefined) return;
    const [near, far] = await meet(listener);
    const next = await webCertificate(Date.now());
    listener.renew(next);
    await expect(carrier.dial(urlOf(listener), [certificate.hash])).rejects.toThrow();
    await meet(listener, next.hash);
    const [own, other] = await stream(near, far);
    await other.write(Buffer.from('alive'));
    expect(await textOf(own)).toBe('alive');
  });
}

/** What one read brings; the end reads as undefined. */
async function textOf(stream: Stream): Promise<string | undefined> {
  const bytes = await stream.read();
  return bytes && Buffer.from(bytes).toString();
}

async function writeAll(stream: Stream, body: Buffer): Promise<void> {
  for (let at = 0; at < body.length; at += MIB / 4) await stream.write(body.subarray(at, at + MIB / 4));
  stream.finish();
}

async function digestOf(stream: Stream): Promise<string> {
  const hash = createHash('sha256');
  for (let bytes = await stream.read(); bytes; bytes = await stream.read()) hash.update(bytes);
  return hash.digest('hex');
}

async function failAfter(ms: number): Promise<never> {
  await sleep(ms);
  throw new Error('nothing came');
}
