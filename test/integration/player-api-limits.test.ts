// The viewers' HTTP server against what is malformed, slow, too much or too long; and how it goes away.

import { describe, expect, test } from 'vitest';
import { fillOf, hello, RawViewer, type Stand, stands } from './player-api-client.ts';

const { start, viewer } = stands();

const GET = 'GET /a HTTP/1.1\r\nHost: edge.example\r\n\r\n';
const many = (count: number) => Array.from({ length: count }, (_, n) => `X-${n}: 1\r\n`).join('');

describe('malformed requests', () => {
  const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
  test.each<[string, string, number]>([
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['an absolute target', 'GET http://169.254.169.254/x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', 501],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 405],
    [
      'Expect: 100-continue',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n',
      417,
    ],
    ['another expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n', 417],
    ['more fields than allowed', `GET / HTTP/1.1\r\nHost: a\r\n${many(100)}\r\n`, 431],
    [
      'more fields than Node keeps by itself',
      `GET / HTTP/1.1\r\nHost: a\r\n${'a:\r\n'.repeat(3000)}\r\n`,
      431,
    ],
    ['a head too long', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['a target too long', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
    [
      'length before chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'chunks before length',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde', 400],
    [
      'two equal lengths',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde',
      400,
    ],
    ['a list of lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nabcde', 400],
    ['a signed length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nabcde', 400],
    ['a space before the colon', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nabcde', 400],
    ['a folded field', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n', 400],
    ['a NUL in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\x002\r\n\r\n', 400],
    ['a bare CR in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n', 400],
    ['bare LFs as line ends', 'GET / HTTP/1.1\nHost: a\n\n', 400],
    ['an unknown coding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n', 501],
    ['HTTP/2 without warning', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['TLS on the plain port', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ])('%s is refused, the edge is not asked, and what follows is not read', async (_name, bytes, status) => {
    const made = await start();
    const text = await viewer(made)
      .send(bytes + SMUGGLED)
      .untilClosed();
    expect(text.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    expect(text.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
    expect(text).toMatch(/connection: close/i);
    expect(text).toContain('ringcast-error: ');
    expect(made.asked).toEqual([]);
    expect(made.counts['rejected.http']).toBe(1);
  });

  test.each([
    ['a chunk size that is none', 'zz\r\nabc\r\n0\r\n\r\n'],
    ['a chunk longer than its size', '3\r\nabcdef\r\n0\r\n\r\n'],
  ])('%s ends the connection without a further request', async (_name, chunks) => {
    const made = await start(() => {});
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    const text = await viewer(made)
      .send(head + chunks + SMUGGLED)
      .untilClosed();
    expect(text).toBe('');
    expect(made.asked.map(({ target }) => target)).toEqual(['/']);
    expect(made.cancelled).toBe(1);
  });

  test('a refusal never lands in the middle of an answer under way', async () => {
    const fill = fillOf({ size: 6 });
    const head = { status: 200, headers: [], source: 'origin' } as const;
    const made = await start((_request, reply) => reply.stream(head, fill, { from: 0, to: 6 }));
    const raw = viewer(made).send(GET);
    await raw.until(/\r\n\r\n$/);
    raw.send('nonsense\r\n\r\n');
    expect(await raw.untilClosed()).not.toMatch(/ 400 /);
    expect(fill.readers).toBe(0);
  });
});

describe('slow and greedy viewers', () => {
  test('a head that does not come whole in time is answered 408', async () => {
    const made = await start(hello, { headMs: 150, requestMs: 300, checkMs: 50 });
    const text = await viewer(made).send('GET /a HTTP/1.1\r\nHost: a\r\nX-Slow: ').untilClosed();
    expect(text).toMatch(/^HTTP\/1\.1 408 [\s\S]*ringcast-error: request-timeout/);
  });

  test('a connection that says nothing is closed as well', async () => {
    const made = await start(hello, { headMs: 150, requestMs: 300, checkMs: 50 });
    await viewer(made).untilClosed();
    expect(made.player.connections).toBe(0);
  });

  test('a kept-alive connection without a further request is closed', async () => {
    const made = await start(hello, { keepAliveMs: 100 });
    const text = await viewer(made).send(GET).untilClosed();
    expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*hello$/);
  });

  test('a viewer that takes nothing of its answer is cut; one that waits for the edge is not', async () => {
    const fill = fillOf({ size: 2 });
    const big = Buffer.alloc(32 * 1024 * 1024);
    const made = await start(
      ({ target }, reply) => {
        if (target === '/big') reply.whole({ status: 200, headers: [], source: 'ram' }, big);
        else reply.stream({ status: 200, headers: [], source: 'origin' }, fill, { from: 0, to: 2 });
      },
      { stallMs: 200 },
    );
    const waiting = viewer(made).send(GET);
    await waiting.until(/\r\n\r\n$/);
    const stalled = viewer(made);
    stalled.socket.pause();
    stalled.send('GET /big HTTP/1.1\r\nHost: a\r\n\r\n');
    while (made.player.connections < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    while (made.player.connections > 1) await new Promise((resolve) => setTimeout(resolve, 20));
    fill.write(Buffer.from('ok'));
    fill.end();
    await waiting.until(/ok$/);
  });

  test('a viewer that reads slowly but steadily gets all of it', async () => {
    const big = Buffer.alloc(12 * 1024 * 1024, 'x');
    const serve: Parameters<typeof start>[0] = (_request, reply) =>
      reply.whole({ status: 200, headers: [], source: 'ram' }, big);
    const made = await start(serve, { stallMs: 300 });
    const raw = viewer(made);
    const pace = setInterval(() => {
      raw.socket.resume();
      setTimeout(() => raw.socket.pause(), 5);
    }, 60);
    raw.socket.pause();
    raw.send('GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const text = await raw.untilClosed();
    clearInterval(pace);
    expect(text.length - text.indexOf('\r\n\r\n') - 4).toBe(big.length);
  });

  test('requests sent far ahead of their answers end the connection', async () => {
    const made = await start(() => {});
    await viewer(made).send(GET.repeat(40)).untilClosed();
    expect(made.asked.length).toBeLessThanOrEqual(16);
    expect(made.cancelled).toBe(made.asked.length);
    expect(made.counts['rejected.http']).toBe(1);
  });

  test('connections beyond the cap are told 503 and when to try again, and places are given back', async () => {
    const made = await start(hello, { connectionsMax: 1 });
    const first = viewer(made).send(GET);
    await first.until(/hello$/);
    const text = await viewer(made).send(GET).untilClosed();
    expect(text).toMatch(/^HTTP\/1\.1 503 [\s\S]*ringcast-error: busy[\s\S]*retry-after: 1/);
    first.socket.destroy();
    while (made.player.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await viewer(made)
      .send(GET)
      .until(/hello$/);
  });
});

describe('draining', () => {
  const head = { status: 200, headers: [], source: 'origin' } as const;
  const drained = (made: Stand) => new Promise<void>((resolve) => made.player.drain(resolve));

  test('finishes what is under way, closes what is idle, and takes nothing new', async () => {
    const fill = fillOf({ size: 2 });
    const made = await start(({ target }, reply) => {
      if (target === '/a') reply.stream(head, fill, { from: 0, to: 2 });
      else reply.whole(head, Buffer.from('idle'));
    });
    const { port } = made.player;
    const idle = viewer(made).send('GET /idle HTTP/1.1\r\nHost: a\r\n\r\n');
    await idle.until(/idle$/);
    const silent = viewer(made);
    const busy = viewer(made).send(GET);
    await busy.until(/\r\n\r\n$/);
    const done = drained(made);
    await Promise.all([idle.closed, silent.closed]);
    await expect(new RawViewer(port).until(/x/)).rejects.toThrow('closed');
    fill.write(Buffer.from('ok'));
    fill.end();
    expect(await busy.untilClosed()).toMatch(/ok$/);
    await done;
  });

  test('says goodbye in the last of the answers that a viewer waits for', async () => {
    const answers: (() => void)[] = [];
    const made = await start(({ target }, reply) => {
      answers.push(() => reply.whole(head, Buffer.from(`<${target}>`)));
    });
    const raw = viewer(made).send(GET + GET.replace('/a', '/b'));
    while (answers.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const done = drained(made);
    for (const answer of answers) answer();
    const [first = '', second = ''] = (await raw.untilClosed()).split('</a>');
    expect(first).toContain('Connection: keep-alive');
    expect(second).toMatch(/Connection: close[\s\S]*<\/b>$/);
    await done;
  });

  test('cuts what is not finished by its deadline', async () => {
    const fill = fillOf({ size: 2 });
    const made = await start((_request, reply) => reply.stream(head, fill, { from: 0, to: 2 }), {
      drainMs: 100,
    });
    const raw = viewer(made).send(GET);
    await raw.until(/\r\n\r\n$/);
    await drained(made);
    await raw.closed;
    expect(made.cancelled).toBe(1);
  });
});
