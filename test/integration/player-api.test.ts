// The viewers' HTTP server on real sockets: what an answer looks like on the wire, whole, streamed and refused.

import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { PlayerServer } from '../../agent/adapters/player-api/player-server.ts';
import { newCounts, Timings } from '../../agent/core/counters.ts';
import type { ReplyWriter } from '../../agent/edge/ports.ts';
import { parseRoster } from '../../agent/wire/roster.ts';
import { fillOf, ROSTER, stands } from './player-api-client.ts';

const { start, viewer } = stands();

function request(line: string, ...fields: string[]): string {
  return [`${line} HTTP/1.1`, 'Host: edge.example', ...fields, '', ''].join('\r\n');
}

const LAST = 'Connection: close';

describe('whole answers', () => {
  test('carry length, date, fields and CORS, and are counted and timed by their source', async () => {
    const made = await start();
    const text = await viewer(made)
      .send(request('GET /a.ts?q=1', 'Range: bytes=0-3', LAST))
      .untilClosed();
    const [head = '', body] = text.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    for (const field of ['content-length: 5', 'etag: "x"', 'access-control-allow-origin: *', 'Date: ']) {
      expect(head).toContain(field);
    }
    expect(body).toBe('hello');
    expect(made.asked[0]).toMatchObject({ method: 'GET', target: '/a.ts?q=1', body: undefined });
    expect(made.asked[0]?.headers).toContainEqual(['range', 'bytes=0-3']);
    expect(made.counts['viewer_bytes.ram']).toBe(5);
    expect(made.timings.of('ttfb.ram').buckets.reduce((sum, each) => sum + each)).toBe(1);
    expect(made.cancelled).toBe(0);
  });

  test('of 206 and 304 go out as they are', async () => {
    const made = await start((_request, reply, index) => {
      const range = ['content-range', 'bytes 0-1/5'] as const;
      if (index === 0) reply.whole({ status: 206, headers: [range], source: 'peer' }, Buffer.from('he'));
      else reply.whole({ status: 304, headers: [['etag', '"x"']], source: 'ram' }, undefined);
    });
    const partial = await viewer(made).send(request('GET /a', LAST)).untilClosed();
    expect(partial).toMatch(
      /^HTTP\/1\.1 206 [\s\S]*content-range: bytes 0-1\/5[\s\S]*content-length: 2[\s\S]*\r\n\r\nhe$/,
    );
    const unchanged = await viewer(made).send(request('GET /a', LAST)).untilClosed();
    expect(unchanged).toMatch(/^HTTP\/1\.1 304 /);
    expect(unchanged).not.toMatch(/^(content-length|transfer-encoding):/im);
    expect(unchanged.endsWith('\r\n\r\n')).toBe(true);
  });

  test('of HEAD announce the length and send nothing, whichever way the edge answers', async () => {
    const fill = fillOf({ size: 9 });
    const made = await start((_request, reply, index) => {
      const head = { status: 200, headers: [['content-length', '7']] as const, source: 'ram' as const };
      if (index === 0) reply.whole(head, Buffer.from('hello'));
      if (index === 1) reply.stream(head, fill, { from: 0, to: 9 });
      if (index === 2) reply.whole(head, undefined);
      if (index === 3) reply.refuse(502, 'origin-broken', 'no');
    });
    for (const length of [5, 9, 7]) {
      const text = await viewer(made).send(request('HEAD /a', LAST)).untilClosed();
      expect(text).toMatch(new RegExp(`content-length: ${length}\\r\\n[\\s\\S]*\\r\\n\\r\\n$`));
    }
    expect(await viewer(made).send(request('HEAD /a', LAST)).untilClosed()).toMatch(
      /^HTTP\/1\.1 502[\s\S]*\r\n\r\n$/,
    );
    expect(made.counts['viewer_bytes.ram']).toBe(0);
    expect(fill.readers).toBe(0);
  });

  test('follow each other on one connection in the order asked, also when the second is ready first', async () => {
    const late: (() => void)[] = [];
    const made = await start(({ target }, reply) => {
      const send = () => reply.whole({ status: 200, headers: [], source: 'ram' }, Buffer.from(`<${target}>`));
      if (target === '/1') late.push(send);
      else {
        send();
        late[0]?.();
      }
    });
    const text = await viewer(made)
      .send(request('GET /1') + request('GET /2', LAST))
      .untilClosed();
    expect(text.match(/<[^>]+>/g)).toEqual(['</1>', '</2>']);
  });

  test('whose head is none that HTTP allows become a refusal, not a crash or a split', async () => {
    const made = await start((_request, reply) => {
      reply.whole(
        { status: 200, headers: [['x-a', 'b\r\nevil: 1']], source: 'origin' },
        Buffer.from('hello'),
      );
    });
    const text = await viewer(made).send(request('GET /a', LAST)).untilClosed();
    expect(text).toMatch(/^HTTP\/1\.1 502 [\s\S]*ringcast-error: origin-broken/);
    expect(text).not.toMatch(/^evil/m);
  });
});

describe('streamed answers', () => {
  const head = { status: 200, headers: [], source: 'origin' } as const;

  test('send the head at once and the bytes as they come', async () => {
    const fill = fillOf({ size: 6 });
    const made = await start((_request, reply) => reply.stream(head, fill, { from: 0, to: 6 }));
    const raw = viewer(made).send(request('GET /a', LAST));
    await raw.until(/content-length: 6[\s\S]*\r\n\r\n$/);
    fill.write(Buffer.from('abc'));
    await raw.until(/\r\n\r\nabc$/);
    fill.write(Buffer.from('def'));
    fill.end();
    expect(await raw.untilClosed()).toMatch(/\r\n\r\nabcdef$/);
    expect(made.counts['viewer_bytes.origin']).toBe(6);
    expect(made.cancelled).toBe(0);
  });

  test('of unknown length are chunked, and a range of a fill is cut out of it', async () => {
    const fill = fillOf();
    const made = await start((_request, reply, index) => {
      if (index === 0)
        reply.stream({ ...head, joined: true }, fill, { from: 0, to: Number.POSITIVE_INFINITY });
      else reply.stream({ ...head, status: 206 }, fill, { from: 1, to: 4 });
    });
    const all = viewer(made).send(request('GET /a', LAST));
    await all.until(/\r\n\r\n$/);
    const part = viewer(made).send(request('GET /a', 'Range: bytes=1-3', LAST));
    await part.until(/\r\n\r\n$/);
    fill.write(Buffer.from('abcdef'));
    expect(await part.untilClosed()).toMatch(/content-length: 3\r\n[\s\S]*\r\n\r\nbcd$/);
    fill.end();
    expect(await all.untilClosed()).toMatch(
      /Transfer-Encoding: chunked[\s\S]*\r\n\r\n6\r\nabcdef\r\n0\r\n\r\n$/,
    );
    expect(made.timings.of('ttfb.joined').buckets.reduce((sum, each) => sum + each)).toBe(1);
  });

  test('that break off cut the connection, so that no viewer takes a part for the whole', async () => {
    for (const size of [6, -1]) {
      const fill = fillOf({ size });
      const to = size < 0 ? Number.POSITIVE_INFINITY : size;
      const made = await start((_request, reply) => reply.stream(head, fill, { from: 0, to }));
      const raw = viewer(made).send(request('GET /a') + request('GET /b'));
      await raw.until(/\r\n\r\n$/);
      fill.write(Buffer.from('abc'));
      fill.fail('origin-broken', 'test');
      const text = await raw.untilClosed();
      expect(text).toContain('abc');
      expect(text).not.toContain('\r\n0\r\n\r\n');
      expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    }
  });

  test('that break off without length or chunks reset the connection: its end would pass for the body’s', async () => {
    const fill = fillOf();
    const range = { from: 0, to: Number.POSITIVE_INFINITY };
    const made = await start((_request, reply) => reply.stream(head, fill, range));
    const raw = viewer(made).send('GET /a HTTP/1.0\r\n\r\n');
    await raw.until(/\r\n\r\n$/);
    fill.write(Buffer.from('abc'));
    await raw.until(/abc$/);
    fill.fail('origin-broken', 'test');
    await raw.closed;
    expect(raw.reset).toBe(true);
  });

  test('stop for a viewer that does not read, and hold no copy of what it has not read', async () => {
    const size = 32 * 1024 * 1024;
    const fill = fillOf({ size });
    const made = await start((_request, reply) => reply.stream(head, fill, { from: 0, to: size }));
    const raw = viewer(made);
    raw.socket.pause();
    raw.send(request('GET /a', LAST));
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    while (fill.readers === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    for (let mib = 0; mib < 32; mib += 1) fill.write(chunk);
    fill.end();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(made.counts['viewer_bytes.origin']).toBeLessThan(size / 2);
    raw.socket.resume();
    const text = await raw.untilClosed();
    expect(text.length - text.indexOf('\r\n\r\n') - 4).toBe(size);
  });

  test('are cancelled and let go of the fill when the viewer leaves', async () => {
    const fill = fillOf({ size: 6 });
    const made = await start((_request, reply) => reply.stream(head, fill, { from: 0, to: 6 }));
    const raw = viewer(made).send(request('GET /a') + request('GET /b'));
    await raw.until(/\r\n\r\n$/);
    expect(fill.readers).toBe(2);
    raw.socket.destroy();
    while (made.cancelled < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect([made.cancelled, fill.readers, made.player.connections]).toEqual([2, 0, 0]);
    fill.write(Buffer.from('abcdef'));
    expect(made.counts['viewer_bytes.origin']).toBe(0);
  });
});

describe('passed answers', () => {
  test('are written as the edge writes them, and tell it when there is room again', async () => {
    let writer: ReplyWriter | undefined;
    let drains = 0;
    const made = await start((_request, reply) => {
      const head = { status: 201, headers: [], source: 'origin' } as const;
      writer = reply.open(head, -1, () => {
        drains += 1;
        writer?.end();
      });
    });
    const raw = viewer(made).send(request('POST /a', 'Content-Length: 0', LAST));
    await raw.until(/201 Created[\s\S]*\r\n\r\n$/);
    expect(writer?.write(Buffer.alloc(4 * 1024 * 1024, 'x'))).toBe(false);
    const text = await raw.untilClosed();
    expect([drains, text.endsWith('\r\n0\r\n\r\n')]).toEqual([1, true]);
    expect(made.counts['viewer_bytes.origin']).toBe(4 * 1024 * 1024);
  });

  test('cut the connection when aborted, or when their length is not the one announced', async () => {
    const made = await start((_request, reply, index) => {
      const writer = reply.open({ status: 200, headers: [], source: 'origin' }, 6, () => {});
      writer.write(Buffer.from('abc'));
      if (index === 0) writer.abort();
      if (index === 1) writer.end();
      if (index === 2) writer.write(Buffer.from('defghi'));
    });
    for (let index = 0; index < 3; index += 1) {
      const text = await viewer(made).send(request('GET /a')).untilClosed();
      expect(text, `case ${index}`).not.toContain('def');
    }
    expect(made.cancelled).toBe(3);
  });

  test('get the body of the request, and an answer given before it was read still goes out', async () => {
    const bodies: string[] = [];
    const made = await start((asked, reply, index) => {
      const answer = () =>
        reply.whole({ status: 200, headers: [], source: 'origin' }, Buffer.from(`got ${index}`));
      if (index === 1) {
        answer();
        return;
      }
      void (async () => {
        let text = '';
        for await (const chunk of asked.body ?? []) text += Buffer.from(chunk).toString();
        bodies.push(text);
        answer();
      })();
    });
    const post = request('POST /a', 'Content-Length: 6', LAST);
    const first = viewer(made).send(post).send('abc');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await first.send('def').untilClosed()).toMatch(/got 0$/);
    expect(bodies).toEqual(['abcdef']);
    expect(await viewer(made).send(`${post}abcdef`).untilClosed()).toMatch(/got 1$/);
  });
});

describe('answers of its own', () => {
  test('the roster, for GET and HEAD, cacheable as long as it says, and nothing for POST', async () => {
    const made = await start();
    const text = await viewer(made).send(request('GET /.well-known/ringcast?x=1', LAST)).untilClosed();
    const [head = '', json = ''] = text.split('\r\n\r\n');
    expect(parseRoster(json)).toEqual({ ok: true, value: ROSTER });
    expect(head).toContain('cache-control: public, max-age=5');
    expect(head).toContain('access-control-allow-origin: *');
    const bare = await viewer(made).send(request('HEAD /.well-known/ringcast', LAST)).untilClosed();
    expect(bare).toMatch(new RegExp(`content-length: ${json.length}\\r\\n[\\s\\S]*\\r\\n\\r\\n$`));
    const post = await viewer(made).send(request('POST /.well-known/ringcast', LAST)).untilClosed();
    expect(post).toMatch(/^HTTP\/1\.1 405 [\s\S]*allow: GET/);
    expect(made.asked).toEqual([]);
  });

  test('preflights of reads; other OPTIONS and preflights of writes are the origin’s', async () => {
    const made = await start();
    const asks = (method: string) => [
      `Access-Control-Request-Method: ${method}`,
      'Origin: https://tv.example',
      LAST,
    ];
    const read = await viewer(made)
      .send(request('OPTIONS /a', ...asks('GET')))
      .untilClosed();
    expect(read).toMatch(/^HTTP\/1\.1 204 [\s\S]*access-control-allow-headers: \*, authorization/);
    expect(made.asked).toHaveLength(0);
    await viewer(made)
      .send(request('OPTIONS /a', ...asks('DELETE')))
      .untilClosed();
    await viewer(made).send(request('OPTIONS /a', LAST)).untilClosed();
    expect(made.asked.map(({ method }) => method)).toEqual(['OPTIONS', 'OPTIONS']);
  });

  test('refusals of the edge, as JSON with a code', async () => {
    const made = await start((_request, reply) => reply.refuse(504, 'origin-timeout', 'the origin is late'));
    const text = await viewer(made).send(request('GET /a', LAST)).untilClosed();
    expect(text).toMatch(/^HTTP\/1\.1 504 [\s\S]*cache-control: no-store\r\nringcast-error: origin-timeout/);
    expect(text).toContain('{"error":"origin-timeout","message":"the origin is late"}');
    expect(made.counts['rejected.http']).toBe(0);
  });
});

describe('listening', () => {
  test('on a port in use fails with a code and a sentence that names it', async () => {
    const made = await start();
    const { port } = made.player;
    const ports = {
      serve: () => () => {},
      roster: () => ROSTER,
      counts: newCounts(),
      timings: new Timings(),
    };
    await expect(PlayerServer.listen({ host: '127.0.0.1', port }, ports)).rejects.toMatchObject({
      code: 'address-in-use',
      message: expect.stringContaining(`expected 127.0.0.1:${port} to be free`),
    });
  });

  test('shares a port between processes that both say so', async () => {
    const first = await start(undefined, { reusePort: true });
    const second = await start(undefined, { reusePort: true, port: first.player.port });
    expect(second.player.port).toBe(first.player.port);
    const socket = connect({ host: '127.0.0.1', port: first.player.port });
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();
  });
});
