// What a player gets for a request on a stream, and what the agent does when the player goes away.
import { describe, expect, it } from 'vitest';
import type { FillId } from '../../../agent/core/ports.ts';
import { Fill } from '../../../agent/edge/fill.ts';
import { Agent, ask, bytesOf, getOf, ROSTER, settled, whole } from './player.ts';

const filling = (size: number): Fill => {
  const fill = new Fill(1 as FillId, (bytes) => new Uint8Array(bytes), 2 ** 30);
  fill.begin({ status: 200, headers: [], size, delayMs: 0 });
  return fill;
};
const stream = (fill: Fill, to = Number.POSITIVE_INFINITY) =>
  [
    { status: 200, headers: [['etag', '"x"']] as const, source: 'peer' as const },
    fill,
    { from: 0, to },
  ] as const;

describe('a request on a stream', () => {
  it('reaches the edge as it was sent, and its answer comes whole with an end', async () => {
    const agent = new Agent();
    const body = Buffer.alloc(300_000, 'media');
    agent.answer = whole(body, [
      ['content-length', '300000'],
      ['content-type', 'video/mp4'],
      ['connection', 'x'],
    ]);
    const { player } = await agent.meet();
    const asked = await ask(player, getOf('/a.m4s?x=1', { headers: [['range', 'bytes=0-']] }));
    expect(agent.served[0]?.request).toEqual({
      ...{ method: 'GET', target: '/a.m4s?x=1', body: undefined },
      headers: [['range', 'bytes=0-']],
    });
    expect(asked.said.messages).toEqual([
      { kind: 'answer', status: 200, size: 300_000, headers: [['content-type', 'video/mp4']] },
      { kind: 'end', id: 0 },
    ]);
    expect(asked.said.body.equals(body)).toBe(true);
    expect(asked.said.end).toBe('finished');
    expect(agent.counts['viewer_bytes.ram']).toBe(300_000);
  });

  it('is answered while the object still arrives, and ends with it', async () => {
    const agent = new Agent();
    const { player } = await agent.meet();
    const asked = await ask(player, getOf('/live.m4s'));
    const fill = filling(-1);
    agent.served[0]?.reply.stream(...stream(fill));
    fill.write(Buffer.from('first '));
    await settled();
    expect(asked.said.body.toString()).toBe('first ');
    fill.write(Buffer.from('last'));
    fill.end();
    await settled();
    expect(asked.said.body.toString()).toBe('first last');
    expect(asked.kinds).toEqual(['answer 200', 'end']);
    expect(asked.said.messages[0]).toMatchObject({ size: -1, headers: [['etag', '"x"']] });
  });

  it('whose object breaks off is reset, never ended', async () => {
    const agent = new Agent();
    const { player } = await agent.meet();
    const asked = await ask(player, getOf('/a.m4s'));
    const fill = filling(100);
    agent.served[0]?.reply.stream(...stream(fill, 100));
    fill.write(Buffer.alloc(50));
    fill.fail('origin-timeout', '');
    await settled();
    expect(asked.kinds).toEqual(['answer 200', 'origin-timeout']);
    expect(asked.said.body).toHaveLength(50);
  });

  it('passed through uncached is written as it comes, and cut where it comes short', async () => {
    const agent = new Agent();
    const { player } = await agent.meet();
    const asked = await ask(player, getOf('/pass'));
    let drained = 0;
    const head = { status: 200, headers: [], source: 'origin' } as const;
    const writer = agent.served[0]?.reply.open(head, 10, () => {
      drained += 1;
    });
    expect(writer?.write(Buffer.from('12345'))).toBe(false);
    await settled();
    expect(drained).toBeGreaterThan(0);
    writer?.end();
    await settled();
    expect(asked.said.body.toString()).toBe('12345');
    expect(asked.kinds).toEqual(['answer 200', 'internal']);
  });

  it('for the head alone gets length and fields and no body', async () => {
    const agent = new Agent();
    agent.answer = whole(Buffer.alloc(1234));
    const { player } = await agent.meet();
    const asked = await ask(player, getOf('/a', { method: 'HEAD' }));
    expect(asked.said.messages).toEqual([
      { kind: 'answer', status: 200, size: 0, headers: [['content-length', '1234']] },
      { kind: 'end', id: 0 },
    ]);
    expect(agent.counts['viewer_bytes.ram']).toBe(0);
  });

  it('that the edge refuses gets the code and the sentence that it gets over HTTP', async () => {
    const agent = new Agent();
    agent.answer = (reply) => reply.refuse(504, 'origin-timeout', 'nothing came');
    const { player } = await agent.meet();
    const asked = await ask(player, getOf('/a'));
    expect(asked.kinds).toEqual(['answer 504', 'end']);
    expect(asked.said.messages[0]).toMatchObject({
      headers: expect.arrayContaining([['ringcast-error', 'origin-timeout']]),
    });
    expect(JSON.parse(asked.said.body.toString())).toEqual({
      error: 'origin-timeout',
      message: 'nothing came',
    });
  });

  it('whose answer has a head that no message carries is a 502', async () => {
    const agent = new Agent();
    agent.answer = whole(Buffer.alloc(1), [['x', 'y'.repeat(9000)]]);
    const { player } = await agent.meet();
    expect((await ask(player, getOf('/a'))).kinds).toEqual(['answer 502', 'end']);
  });

  it('for the roster is answered by the agent itself', async () => {
    const agent = new Agent();
    const { player } = await agent.meet();
    const asked = await ask(player, getOf('/.well-known/ringcast?x'));
    expect(JSON.parse(asked.said.body.toString())).toEqual(ROSTER);
    expect(agent.served).toEqual([]);
  });

  it.each([
    ['a name in capitals', ['Range', 'bytes=0-']],
    ['an empty name', ['', 'x']],
    ['a line break in a value', ['x', 'a\r\nhost: b']],
    ['a field of connections', ['transfer-encoding', 'chunked']],
    ['another host', ['host', 'other']],
  ] as const)('with %s in its head is refused before the edge sees it', async (_, field) => {
    const agent = new Agent();
    const { player } = await agent.meet();
    const asked = await ask(player, getOf('/a', { headers: [field] }));
    expect(asked.kinds).toEqual(['answer 400', 'end']);
    expect(agent.served).toEqual([]);
    expect(agent.counts['rejected.webtransport']).toBe(1);
  });
});

describe('a player that goes away', () => {
  it.each([
    [
      'says cancel',
      (asked: Awaited<ReturnType<typeof ask>>) => asked.stream.write(bytesOf({ kind: 'cancel', id: 0 })),
    ],
    ['gives the stream up', async (asked: Awaited<ReturnType<typeof ask>>) => asked.stream.abandon()],
    ['closes its side', async (asked: Awaited<ReturnType<typeof ask>>) => asked.stream.finish()],
  ])('and %s ends the work of the edge, and nothing follows', async (_, leave) => {
    const agent = new Agent();
    const { player } = await agent.meet();
    const asked = await ask(player, getOf('/a'));
    const [served] = agent.served;
    const fill = filling(1000);
    served?.reply.stream(...stream(fill, 1000));
    await leave(asked);
    await settled();
    expect(served?.cancelled).toBe(true);
    expect(fill.readers).toBe(0);
    fill.write(Buffer.alloc(1000));
    fill.end();
    served?.reply.refuse(500, 'busy', 'late');
    await settled();
    expect(asked.said.body).toHaveLength(0);
    expect(agent.inFlight.bytes).toBe(0);
  });

  it('with its session ends all of its requests', async () => {
    const agent = new Agent();
    const { player } = await agent.meet();
    for (const target of ['/a', '/b', '/c']) await ask(player, getOf(target));
    player.close(0, '');
    await settled();
    expect(agent.served.map(({ cancelled }) => cancelled)).toEqual([true, true, true]);
  });

  it('after the end of its reply is nobody’s matter: the bytes count as arrived', async () => {
    const agent = new Agent();
    agent.answer = whole(Buffer.alloc(100_000));
    const { player } = await agent.meet();
    const asked = await ask(player, getOf('/a'));
    expect(agent.inFlight.bytes).toBeGreaterThan(100_000);
    asked.stream.finish();
    await settled();
    expect(agent.inFlight.bytes).toBe(0);
    expect(agent.served[0]?.cancelled).toBe(false);
  });
});

describe('a slow player', () => {
  it('holds one write and an offset, not the object', async () => {
    const agent = new Agent();
    const body = Buffer.alloc(8 * 1024 * 1024);
    agent.answer = whole(body);
    const { player } = await agent.meet();
    const stream = await player.openStream();
    await stream.write(getOf('/large'));
    await settled();
    expect(agent.inFlight.bytes).toBeGreaterThan(0);
    expect(agent.inFlight.bytes).toBeLessThan(1024 * 1024);
  });
});
