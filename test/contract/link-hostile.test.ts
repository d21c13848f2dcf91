// Bytes from peers that do not keep to the protocol: refused with a reason, counted, and nobody else is harmed.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FillId } from '../../agent/core/ports.ts';
import { Fill } from '../../agent/edge/fill.ts';
import type { SegmentName } from '../../agent/wire/ids.ts';
import { FRAME_BYTES_MAX, PIECE_BYTES_MAX } from '../../agent/wire/limits.ts';
import type { Fetch, Message } from '../../agent/wire/message.ts';
import { claimOf } from '../unit/wire/example.ts';
import { fetchFrom, headOf, probe, storedFill } from './link.ts';
import { framed, frameOf, hello, RawLink, RawServer } from './link-raw.ts';
import { RecordingSink } from './link-recorder.ts';
import { type TlsAgent, TlsWorld } from './link-worlds.ts';

let world: TlsWorld;
let a: TlsAgent;
let b: TlsAgent;
beforeEach(async () => {
  world = await TlsWorld.open();
  [a, b] = [await world.agent(), await world.agent()];
});
afterEach(async () => {
  await world.end();
});

const portOf = (agent: TlsAgent): number => agent.port.address?.port ?? 0;

/** A raw link to b, greeted both ways. */
async function greeted(purpose: 'control' | 'bulk'): Promise<RawLink> {
  const raw = await RawLink.dial(portOf(b), await world.identity());
  raw.send(hello(purpose));
  await raw.until(() => raw.heard.length === 1);
  return raw;
}

/** a and b still talk, on links that were there before and on new ones. */
async function othersUnaffected(): Promise<void> {
  const count = b.events.messages.length;
  a.port.send(b.record, probe(1));
  await b.events.until(() => b.events.messages.length === count + 1);
  expect(a.events.brokenPeers).not.toContain(b.id);
}

const fetch: Fetch = {
  kind: 'fetch',
  id: 1,
  name: 'o /a' as SegmentName,
  target: '/a',
  tier: 0,
  chain: [],
  avoid: [],
  offset: 0,
  ifMatch: '',
  deadlineMs: 0,
  headers: [],
};
const length = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const hostile: [string, 'control' | 'bulk', string, (Message | Uint8Array)[]][] = [
  ['a length of zero', 'control', 'truncated', [length(0)]],
  ['a length over the limit, before its bytes', 'control', 'too-long', [length(FRAME_BYTES_MAX + 1)]],
  ['the largest length', 'bulk', 'too-long', [length(0xffffffff)]],
  ['an unknown type', 'control', 'unknown-type', [framed(Uint8Array.of(0xee, 1, 2))]],
  ['a message cut short', 'control', 'truncated', [framed(Uint8Array.of(0x10, 0))]],
  [
    'a message with more behind it',
    'control',
    'trailing',
    [framed(Buffer.concat([frameOf(probe(1)).subarray(4), length(0)]))],
  ],
  ['a fetch on a control link', 'control', 'unexpected', [fetch]],
  [
    'a piece on a control link',
    'control',
    'unexpected',
    [{ kind: 'piece', id: 1, bytes: new Uint8Array(3) }],
  ],
  ['a probe on a bulk link', 'bulk', 'unexpected', [probe(1)]],
  [
    'a head from the side that asks',
    'bulk',
    'unexpected',
    [{ kind: 'head', id: 1, status: 200, size: 0, ageMs: 0, headers: [] }],
  ],
  [
    'a piece from the side that asks',
    'bulk',
    'unexpected',
    [{ kind: 'piece', id: 1, bytes: new Uint8Array(3) }],
  ],
  ['a fetch under a number in use', 'bulk', 'unexpected', [fetch, fetch]],
];

describe('a peer that sends', () => {
  it.each(hostile)('%s on a %s link is told %s and cut off', async (_, purpose, reason, parts) => {
    const raw = await greeted(purpose);
    raw.send(...parts);
    await raw.closed();
    expect(raw.lastWords).toBe(reason);
    expect(b.counts['rejected.link']).toBe(1);
    expect(b.events.messages).toEqual([]);
    await othersUnaffected();
  });

  it('a record that another agent signed is cut off, and counted as a bad record', async () => {
    const raw = await greeted('control');
    const record = { ...a.record, proof: a.identity.seal(claimOf(b.id)).proof };
    raw.send({ kind: 'referral', contacts: [b.record, record] });
    await raw.closed();
    expect(raw.lastWords).toBe('bad-signature');
    expect(b.counts['rejected.record']).toBe(1);
    expect(b.counts['rejected.link']).toBe(0);
    expect(b.events.messages).toEqual([]);
  });

  it('any bytes at all harms nobody', async () => {
    const identity = await world.identity();
    const frames = fc.array(
      fc.uint8Array({ maxLength: 40 }).map((content) => framed(content)),
      { maxLength: 4 },
    );
    const noise = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 200 }), frames.map(Buffer.concat));
    const purposes = fc.constantFrom('control' as const, 'bulk' as const, undefined);
    await fc.assert(
      fc.asyncProperty(purposes, noise, async (purpose, bytes) => {
        const raw = await RawLink.dial(portOf(b), identity);
        if (purpose !== undefined) raw.send(hello(purpose));
        raw.send(bytes);
        raw.socket.end();
        await raw.closed();
      }),
      { numRuns: 60 },
    );
    expect(b.counts['rejected.link']).toBeGreaterThan(0);
    await othersUnaffected();
  });

  it('a message byte by byte is understood', async () => {
    const raw = await greeted('control');
    for (const byte of frameOf(probe(7))) raw.send(Uint8Array.of(byte));
    await b.events.until(() => b.events.messages.length === 1);
    expect(b.events.messages[0]?.message).toMatchObject({ seq: 7 });
    raw.socket.destroy();
  });
});

const head: Message = { kind: 'head', id: 1, status: 200, size: 10, ageMs: 0, headers: [] };
const piece = (id: number, size: number): Message => ({ kind: 'piece', id, bytes: new Uint8Array(size) });
const answers: [string, string, (Message | Uint8Array)[]][] = [
  ['bytes before the head', 'unexpected', [piece(1, 5)]],
  ['an end before the head', 'unexpected', [{ kind: 'end', id: 1 }]],
  ['two heads', 'unexpected', [head, head]],
  [
    'two promises',
    'unexpected',
    [
      { kind: 'filling', id: 1 },
      { kind: 'filling', id: 1 },
    ],
  ],
  ['bytes that nobody asked for', 'unexpected', [piece(2, 5)]],
  ['an end that nobody waits for', 'unexpected', [{ kind: 'end', id: 9 }]],
  ['a fetch', 'unexpected', [fetch]],
  [
    'a piece over the limit',
    'too-long',
    [head, length(PIECE_BYTES_MAX + 10), Uint8Array.of(0x33), length(1), length(PIECE_BYTES_MAX + 1)],
  ],
  [
    'a piece longer than its frame',
    'truncated',
    [head, length(12), Uint8Array.of(0x33), length(1), length(4)],
  ],
  [
    'a piece shorter than its frame',
    'trailing',
    [head, length(14), Uint8Array.of(0x33), length(1), length(4)],
  ],
  ['a piece frame without room for its head', 'truncated', [head, length(8), Uint8Array.of(0x33)]],
];

describe('a server that answers a fetch with', () => {
  let server: RawServer;
  afterEach(() => server.close());

  it.each(answers)('%s is told %s and cut off; the fetch fails', async (_, reason, parts) => {
    const identity = await world.identity();
    server = await RawServer.listen(identity, (link) => {
      link.send(hello('bulk'));
      void link.until(() => link.heard.some(({ kind }) => kind === 'fetch')).then(() => link.send(...parts));
    });
    const record = identity.seal(claimOf(identity.id, { link: server.address }));
    const sink = new RecordingSink();
    a.port.fetch(fetchFrom({ ...b, record }), sink);
    await sink.until(() => sink.over);
    expect(sink.failure).toBe('unreachable');
    await a.events.until(() => a.events.brokenPeers.includes(identity.id));
    await server.links[0]?.closed();
    expect(server.links[0]?.lastWords).toBe(reason);
    expect(a.counts['rejected.link']).toBe(1);
    await othersUnaffected();
  });
});

describe('every fetch', () => {
  it('gets one end or reset, a cancelled one too, and a late cancel nothing', async () => {
    const raw = await greeted('bulk');
    b.events.onServe = ({ reply, fetch: asked }) => {
      if (asked.id === 2) reply.reset('busy');
    };
    raw.send({ ...fetch, id: 1 }, { kind: 'cancel', id: 1 }, { kind: 'cancel', id: 1 });
    raw.send({ ...fetch, id: 2 }, { kind: 'cancel', id: 2 }, { ...fetch, id: 2 });
    await raw.until(() => raw.heard.length === 4);
    expect(raw.heard.slice(1)).toEqual([
      { kind: 'end', id: 1 },
      { kind: 'reset', id: 2, reason: 'busy' },
      { kind: 'reset', id: 2, reason: 'busy' },
    ]);
    expect(b.events.served.map(({ cancelled }) => cancelled)).toEqual([true, false, false]);
    raw.socket.destroy();
  });
});

describe('a large object', () => {
  const body = Buffer.alloc(20_000_000, 'ringcast');

  it('arrives whole', async () => {
    b.events.onServe = ({ reply }) => reply.send(headOf(body.length), storedFill(body), 0);
    const sink = new RecordingSink();
    a.port.fetch(fetchFrom(b), sink);
    await sink.until(() => sink.over);
    expect(sink.body().equals(body)).toBe(true);
  });

  it('is read no further than a slow peer takes it, and no other transfer of the link further', async () => {
    const raw = await greeted('bulk');
    const fills = [new CountingFill(body), new CountingFill(body)];
    b.events.onServe = ({ reply, fetch: asked }) =>
      reply.send(headOf(body.length), fills[asked.id] as Fill, 0);
    raw.socket.pause();
    raw.send({ ...fetch, id: 0 }, { ...fetch, id: 1 });
    await b.events.until(() => b.events.served.length === 2);
    // The kernel's buffers fill up; then nothing moves, however often the loop turns.
    let last = -1;
    for (let still = 0; still < 200; still += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const taken = fills.reduce((sum, fill) => sum + fill.taken, 0);
      if (taken !== last) still = 0;
      last = taken;
    }
    expect(last).toBeGreaterThan(0);
    expect(last).toBeLessThan(body.length);
    raw.socket.destroy();
    await b.events.until(() => b.events.served.every(({ cancelled }) => cancelled));
    expect(fills.map((fill) => fill.readers)).toEqual([0, 0]);
  });
});

/** A complete fill that knows how much of it was read. */
class CountingFill extends Fill {
  taken = 0;

  constructor(body: Uint8Array) {
    super(1 as FillId, () => new Uint8Array(body.length), body.length);
    this.begin({ status: 200, headers: [], size: body.length, delayMs: 0 });
    this.write(body);
    this.end();
  }

  override view(from: number, to: number): Uint8Array {
    const bytes = super.view(from, to);
    this.taken += bytes.length;
    return bytes;
  }
}
