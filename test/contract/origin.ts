// What every OriginPort keeps to with an honest origin: answers, requests, connections, cancels.

import { describe, expect, test } from 'vitest';
import type { Cancel } from '../../agent/edge/ports.ts';
import { Gatherer, GET, get, type OriginUnderTest, originBench, turns } from './origin-bench.ts';

export function originContract(under: OriginUnderTest): void {
  const { port, raw, answering } = originBench(under);

  describe('whole answers', () => {
    test('hands over head, bytes and end, once each and in this order', async () => {
      const seen = await get(
        await answering('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "x"\r\n\r\nhello'),
      );
      expect(seen.calls).toEqual(['head', 'bytes', 'end']);
      expect(seen.head).toMatchObject({ status: 200, size: 5 });
      expect(seen.head?.headers).toContainEqual(['etag', '"x"']);
      expect(seen.head?.delayMs).toBeGreaterThan(0);
      expect(seen.body.toString()).toBe('hello');
    });

    test('calls nothing before fetch has returned, for a request that cannot be sent as well', async () => {
      const origin = await answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      for (const target of ['/a', 'no-slash', '/with space']) {
        const sink = new Gatherer();
        origin.fetch({ ...GET, target }, sink);
        expect(sink.calls).toEqual([]);
        await sink.seen;
      }
    });

    test('puts chunked bodies together and says that their size is unknown', async () => {
      const seen = await get(
        await answering(
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
        ),
      );
      expect([seen.outcome, seen.head?.size, seen.body.toString()]).toEqual(['end', -1, 'abcde']);
    });

    test('takes a body without any length until the connection ends in good order', async () => {
      const seen = await get(await answering('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc', 'end'));
      expect([seen.outcome, seen.head?.size, seen.body.toString()]).toEqual(['end', -1, 'abc']);
    });

    test('hands over an empty body, a 404 and a redirect as they are', async () => {
      const empty = await get(await answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
      expect([empty.outcome, empty.head?.size, empty.body.length]).toEqual(['end', 0, 0]);
      const missing = await get(await answering('HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno'));
      expect([missing.outcome, missing.head?.status, missing.body.toString()]).toEqual(['end', 404, 'no']);
      const moved =
        'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\n\r\n';
      const redirect = await get(await answering(moved));
      expect([redirect.outcome, redirect.head?.status]).toEqual(['end', 302]);
      expect(redirect.head?.headers).toContainEqual(['location', 'http://127.0.0.1:1/elsewhere']);
    });

    test('waits for no body after HEAD, 204 and 304, whatever length they announce', async () => {
      const head = await answering('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
      const seen = await get(head, { method: 'HEAD' });
      expect([seen.outcome, seen.head?.size]).toEqual(['end', 0]);
      expect(seen.head?.headers).toContainEqual(['content-length', '1000']);
      for (const status of ['204 No Content', '304 Not Modified']) {
        const bare = await get(await answering(`HTTP/1.1 ${status}\r\nETag: "x"\r\n\r\n`));
        expect([bare.outcome, bare.head?.size, bare.body.length]).toEqual(['end', 0, 0]);
      }
    });

    test('reads past early hints to the answer itself', async () => {
      const seen = await get(
        await answering(
          'HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na',
        ),
      );
      expect(seen.calls).toEqual(['head', 'bytes', 'end']);
      expect(seen.head?.status).toBe(200);
    });

    test('keeps repeated fields and Latin-1 values, and takes hop-by-hop fields out', async () => {
      const seen = await get(
        await answering(
          'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX-Name: \xe9t\xe9\r\nConnection: keep-alive, X-Hop\r\n' +
            'X-Hop: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\nContent-Encoding: gzip\r\n\r\n',
        ),
      );
      expect(seen.head?.headers).toEqual([
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['x-name', '\xe9t\xe9'],
        ['content-length', '0'],
        ['content-encoding', 'gzip'],
      ]);
    });

    test('hands over large bodies byte for byte', async () => {
      const body = Buffer.alloc(8 * 1024 * 1024, 'ringcast ');
      const server = await raw((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
        socket.write(body);
      });
      const seen = await get(port(server.base));
      expect(seen.outcome).toBe('end');
      expect(seen.body.equals(body)).toBe(true);
    });
  });

  describe('what is sent', () => {
    const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

    test('goes to the origin’s host and below its prefix, whatever the target looks like', async () => {
      const server = await raw((socket) => socket.write(ok));
      const origin = port(`${server.base}/vod/`);
      await get(origin, { target: '/a.ts?x=1', headers: [['host', 'evil.example']] });
      await get(origin, { target: '//169.254.169.254/x' });
      const [first = '', second = ''] = server.heads;
      expect(first.split('\r\n')[0]).toBe('GET /vod/a.ts?x=1 HTTP/1.1');
      expect(first.match(/^host: .*$/gim)).toEqual([`host: ${server.base.slice('http://'.length)}`]);
      expect(second.split('\r\n')[0]).toBe('GET /vod//169.254.169.254/x HTTP/1.1');
    });

    test('carries the request’s fields as they are, but no hop-by-hop ones', async () => {
      const server = await raw((socket) => socket.write(ok));
      await get(port(server.base), {
        headers: [
          ['range', 'bytes=0-9'],
          ['accept-encoding', 'br'],
          ['connection', 'x-hop'],
          ['x-hop', '1'],
          ['te', 'trailers'],
          ['content-length', '7'],
          ['expect', '100-continue'],
        ],
      });
      const head = server.heads[0]?.toLowerCase() ?? '';
      expect(head).toContain('range: bytes=0-9');
      expect(head).toContain('accept-encoding: br');
      for (const word of ['x-hop', 'trailers', 'content-length', 'expect']) expect(head).not.toContain(word);
    });

    test('streams the body of an unsafe request, with its length where that is known', async () => {
      const server = await raw((socket, { body }) => {
        const timer = setInterval(() => {
          if (Buffer.concat(body).length < 6) return;
          clearInterval(timer);
          const text = Buffer.concat(body).toString();
          socket.write(`HTTP/1.1 201 Created\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
        }, 2);
      });
      async function* body() {
        yield Buffer.from('abc');
        yield Buffer.from('def');
      }
      const seen = await get(port(server.base), {
        method: 'POST',
        headers: [['content-length', '6']],
        body: body(),
      });
      expect([seen.head?.status, seen.body.toString()]).toEqual([201, 'abcdef']);
      expect(server.heads[0]?.toLowerCase()).toContain('content-length: 6');
    });

    test('refuses a target that could name another host, and a header that could split', async () => {
      const server = await raw((socket) => socket.write(ok));
      const origin = port(server.base);
      for (const target of ['http://127.0.0.1:1/', '*', '/a b', '/a\r\nx: y']) {
        expect((await get(origin, { target })).outcome, target).toBe('origin-unreachable');
      }
      const split = await get(origin, { headers: [['x-a', 'b\r\nevil: 1']] });
      expect(split.outcome).toBe('origin-unreachable');
      expect((await get(origin, { method: 'CONNECT' })).outcome).toBe('origin-unreachable');
      expect(server.heads).toEqual([]);
    });
  });

  describe('connections', () => {
    test('are kept and used again', async () => {
      const server = await raw((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na'));
      const origin = port(server.base);
      for (let i = 0; i < 3; i += 1) {
        expect((await get(origin)).outcome).toBe('end');
        await turns();
      }
      expect(server.connections).toBe(1);
    });

    test('that turn out dead when used again cost one silent retry, for safe methods only', async () => {
      const server = await raw((socket, { index }) => {
        if (index % 2 === 1) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na');
      });
      const origin = port(server.base);
      expect((await get(origin)).outcome).toBe('end');
      await turns();
      expect((await get(origin)).outcome).toBe('end');
      await turns();
      expect(server.heads).toHaveLength(3);
      expect((await get(origin, { method: 'DELETE' })).outcome).toBe('origin-broken');
      expect(server.heads).toHaveLength(4);
    });

    test('that are dead when new are not retried', async () => {
      const server = await raw((socket) => socket.resetAndDestroy());
      expect((await get(port(server.base))).outcome).toBe('origin-broken');
      expect(server.heads).toHaveLength(1);
    });
  });

  describe('cancel', () => {
    test('stops a transfer mid-way: the origin’s connection is cut and the sink hears no more', async () => {
      const server = await raw((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab'));
      const sink = new Gatherer();
      const cancelled = new Promise<void>((resolve) => {
        const cancel: Cancel = port(server.base).fetch(GET, sink);
        sink.onBytes = () => {
          cancel();
          cancel();
          resolve();
        };
      });
      await cancelled;
      await server.gone;
      expect(sink.calls).toEqual(['head', 'bytes']);
    });

    test('works before anything was sent, and after the end', async () => {
      const server = await raw((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
      const origin = port(server.base, { connectionsMax: 1 });
      const early = new Gatherer();
      origin.fetch(GET, early)();
      const late = new Gatherer();
      const cancel = origin.fetch(GET, late);
      await late.seen;
      cancel();
      expect([early.calls, late.calls]).toEqual([[], ['head', 'end']]);
    });

    test('of a refused request keeps its failure quiet', async () => {
      const sink = new Gatherer();
      port('http://127.0.0.1:1').fetch({ ...GET, target: 'x' }, sink)();
      await new Promise((resolve) => setImmediate(resolve));
      expect(sink.calls).toEqual([]);
    });
  });

  describe('passing', () => {
    test('stops reading while the viewer is full and goes on from there', async () => {
      const body = Buffer.alloc(4 * 1024 * 1024, 'pace ');
      const server = await raw((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
        socket.write(body);
      });
      const chunks: Buffer[] = [];
      let writesWhileFull = 0;
      let full = false;
      const seen = await new Promise<string>((resolve) => {
        const transfer = port(server.base).pass(GET, {
          head: () => {},
          write: (chunk) => {
            if (full) writesWhileFull += 1;
            chunks.push(Buffer.from(chunk));
            full = true;
            setImmediate(() => {
              full = false;
              transfer.resume();
            });
            return false;
          },
          end: () => resolve('end'),
          fail: (reason) => resolve(reason),
        });
      });
      expect(seen).toBe('end');
      expect(Buffer.concat(chunks).equals(body)).toBe(true);
      expect(writesWhileFull).toBe(0);
    });
  });
}
