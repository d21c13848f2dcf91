// What one hostile player can take, and that the next one is served all the same.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../agent/adapters/webtransport/token-bucket.ts';
import { encode } from '../../../agent/wire/codec.ts';
import { Agent, ask, bytesOf, getOf, settled, whole } from './player.ts';

const framed = (content: Uint8Array): Uint8Array => {
  const frame = Buffer.alloc(4 + content.length);
  frame.writeUInt32BE(content.length);
  frame.set(content, 4);
  return frame;
};

describe('bytes that are no request', () => {
  it.each([
    ['an empty frame', Buffer.alloc(4)],
    ['a length beyond every request', Buffer.of(0, 0, 0x40, 1)],
    ['the largest length', Buffer.of(255, 255, 255, 255)],
    ['an unknown type', framed(Buffer.of(0x7f))],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n')],
    [
      'a cut request',
      framed(encode({ kind: 'get', method: 'GET', target: '/', deadlineMs: 0, headers: [] }).subarray(0, 5)),
    ],
    ['an unknown method', framed(Buffer.of(0x40, 9, 0, 1, 47, 0, 0, 0, 0, 0, 0))],
    ['a byte more than the request', framed(Buffer.of(0x40, 0, 0, 1, 47, 0, 0, 0, 0, 0, 0, 1))],
    ['a message of agents', bytesOf({ kind: 'hello', versionMin: 1, versionMax: 1, purpose: 'bulk' })],
    ['an answer', bytesOf({ kind: 'answer', status: 200, size: 0, headers: [] })],
    ['a cancel first', bytesOf({ kind: 'cancel', id: 0 })],
    ['two requests', Buffer.concat([getOf('/a'), getOf('/b')])],
  ])('end the session: %s', async (_, bytes) => {
    const agent = new Agent();
    const { player } = await agent.meet();
    await ask(player, bytes);
    await player.closed;
    expect(agent.counts['rejected.webtransport']).toBe(1);
    expect(agent.served.every(({ cancelled }) => cancelled)).toBe(true);
    const other = await agent.meet();
    agent.answer = whole(Buffer.from('fine'));
    expect((await ask(other.player, getOf('/a'))).said.body.toString()).toBe('fine');
  });

  it('end the session where the stream stops within a request', async () => {
    const agent = new Agent();
    const { player } = await agent.meet();
    const asked = await ask(player, getOf('/a').subarray(0, 6));
    asked.stream.finish();
    await player.closed;
    expect(agent.served).toEqual([]);
  });

  it('never throw, whatever they are and however they are cut', async () => {
    const agent = new Agent();
    const chunks = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 });
    const damaged = fc.tuple(fc.nat(30), fc.nat(255)).map(([at, byte]) => {
      const bytes = Buffer.from(getOf('/segment.m4s', { headers: [['range', 'bytes=0-1']] }));
      bytes[at % bytes.length] = byte;
      return [bytes.subarray(0, 9), bytes.subarray(9)];
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(chunks, damaged), async (parts) => {
        const { player } = await agent.meet();
        const stream = await player.openStream();
        for (const part of parts) await stream.write(part).catch(() => {});
        stream.finish();
        await new Promise((resolve) => setImmediate(resolve));
        player.close(0, '');
        await player.closed;
      }),
      { numRuns: 150 },
    );
    await settled();
    expect(agent.inFlight.bytes).toBe(0);
    expect(agent.served.every(({ cancelled }) => cancelled)).toBe(true);
  });
});

describe('a player that asks for too much', () => {
  it('gets so many streams at a time, and the next once one is done', async () => {
    const agent = new Agent({ streamsMax: 3 });
    const { player } = await agent.meet();
    const live = [];
    for (const target of ['/a', '/b', '/c']) live.push(await ask(player, getOf(target)));
    expect((await ask(player, getOf('/d'))).kinds).toEqual(['busy']);
    expect(agent.served).toHaveLength(3);
    live[0]?.stream.abandon();
    await settled();
    expect((await ask(player, getOf('/e'))).kinds).toEqual([]);
    expect(agent.served).toHaveLength(4);
  });

  it('is told that the agent is busy while too many bytes wait for players that do not confirm', async () => {
    const agent = new Agent({ inFlightBytesMax: 100_000 });
    agent.answer = whole(Buffer.alloc(100_000));
    const { player } = await agent.meet();
    const greedy = await ask(player, getOf('/a'));
    const other = await agent.meet();
    expect((await ask(other.player, getOf('/b'))).kinds).toEqual(['answer 503', 'end']);
    greedy.stream.finish();
    await settled();
    expect((await ask(other.player, getOf('/b'))).kinds).toEqual(['answer 200', 'end']);
  });

  it('loses its session where it gives up more requests than any player would', async () => {
    const agent = new Agent({ cancelBurst: 5, cancelsPerS: 1 });
    const { player } = await agent.meet();
    for (let i = 0; i < 5; i += 1) (await ask(player, getOf('/a'))).stream.abandon();
    await settled();
    expect((await ask(player, getOf('/a'))).said.end).toBe('open');
    (await ask(player, getOf('/b'))).stream.abandon();
    await player.closed;
    expect(agent.counts['rejected.webtransport']).toBe(1);
  });
});

describe('a player that takes its time', () => {
  it('may idle for as long as it likes', async () => {
    const agent = new Agent();
    const { session, player } = await agent.meet();
    agent.nowMs += 86_400_000;
    session.sweep(agent.nowMs);
    agent.answer = whole(Buffer.from('x'));
    expect((await ask(player, getOf('/a'))).kinds).toEqual(['answer 200', 'end']);
  });

  it.each([
    ['its request does not come whole', 5_000, getOf('/a').subarray(0, 6), () => {}],
    ['it does not close a stream after its reply', 30_000, getOf('/a'), whole(Buffer.from('x'))],
  ] as const)('loses its session where %s', async (_, afterMs, bytes, answer) => {
    const agent = new Agent();
    agent.answer = answer;
    const { session, player } = await agent.meet();
    await ask(player, bytes);
    session.sweep(agent.nowMs + afterMs);
    await settled();
    expect((await player.openStream()) !== undefined).toBe(true);
    session.sweep(agent.nowMs + afterMs + 1);
    await player.closed;
  });

  it('loses its session where it takes no bytes', async () => {
    const agent = new Agent();
    agent.answer = whole(Buffer.alloc(4 * 1024 * 1024));
    const { session, player } = await agent.meet();
    await (await player.openStream()).write(getOf('/a'));
    await settled();
    session.sweep(agent.nowMs + 30_001);
    await player.closed;
    expect(agent.inFlight.bytes).toBe(0);
  });

  it('is told when the time that it gave is over, and keeps its session', async () => {
    const agent = new Agent();
    const { session, player } = await agent.meet();
    const asked = await ask(player, getOf('/a', { deadlineMs: 2_000 }));
    session.sweep(agent.nowMs + 2_000);
    expect(asked.kinds).toEqual([]);
    session.sweep(agent.nowMs + 2_001);
    await settled();
    expect(asked.kinds).toEqual(['origin-timeout']);
    expect(agent.served[0]?.cancelled).toBe(true);
    await ask(player, getOf('/b'));
    expect(agent.served).toHaveLength(2);
  });
});

describe('a session that drains', () => {
  it('finishes what is under way, refuses what is new, and ends when the last reply has arrived', async () => {
    const agent = new Agent();
    const { session, player } = await agent.meet();
    const asked = await ask(player, getOf('/a'));
    session.drain();
    const refused = await ask(player, getOf('/b'));
    expect(refused.kinds).toEqual(['answer 503', 'end']);
    refused.stream.finish();
    whole(Buffer.from('x'))((agent.served[0] as (typeof agent.served)[number]).reply);
    await settled();
    expect(asked.kinds).toEqual(['answer 200', 'end']);
    session.sweep(agent.nowMs);
    expect(asked.said.end).toBe('finished');
    asked.stream.finish();
    await settled();
    session.sweep(agent.nowMs);
    await player.closed;
  });
});

describe('a token bucket', () => {
  it('gives its burst at once, then one by one, and says how long to wait', () => {
    const bucket = new TokenBucket(2, 10, 0);
    expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 0, 100]);
    expect(bucket.take(50)).toBe(50);
    expect(bucket.take(100)).toBe(0);
    expect([bucket.take(10_000), bucket.take(10_000), bucket.take(10_000)]).toEqual([0, 0, 100]);
  });
});
