// What every OriginPort keeps to when the origin lies about lengths, breaks off, falls silent or is not there.

import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { get, type OriginUnderTest, originBench } from './origin-bench.ts';

export function originFailureContract(under: OriginUnderTest): void {
  const { port, raw, answering } = originBench(under);

  describe('failures', () => {
    test('a refused connection is an unreachable origin', async () => {
      const server = await raw(() => {});
      await server.close();
      const seen = await get(port(server.base));
      expect([seen.outcome, seen.calls]).toEqual(['origin-unreachable', ['fail']]);
      expect(seen.detail).toContain('ECONNREFUSED');
    });

    test('a body shorter than announced is broken, and the sentence counts', async () => {
      const seen = await get(await answering('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', 'end'));
      expect([seen.outcome, seen.calls.at(-1)]).toEqual(['origin-broken', 'fail']);
      expect(seen.detail).toContain('after 5 of 10 bytes');
    });

    test('a body longer than announced is broken, not cut to size', async () => {
      const seen = await get(await answering('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef'));
      expect(seen.outcome).toBe('origin-broken');
      expect(seen.body.toString()).toBe('abc');
      expect(seen.detail).toContain('3 bytes announced');
    });

    test('a cut chunked body is broken', async () => {
      const seen = await get(
        await answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab', 'end'),
      );
      expect(seen.outcome).toBe('origin-broken');
    });

    test('a reset is broken: under a length, under chunks, and under a body without a length', async () => {
      const heads = ['Content-Length: 10\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: close\r\n'];
      for (const head of heads) {
        const start = head.startsWith('Transfer') ? '5\r\nab' : 'ab';
        const seen = await get(await answering(`HTTP/1.1 200 OK\r\n${head}\r\n${start}`, 'reset'));
        expect(seen.outcome, head).toBe('origin-broken');
        expect(seen.body.toString(), head).toBe('ab');
      }
    });

    test('nonsense, contradicting lengths and an oversized head are broken', async () => {
      const answers = [
        'SSH-2.0-OpenSSH_9.2\r\n',
        'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
        'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        'HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc',
        `HTTP/1.1 200 OK\r\nX-Big: ${'a'.repeat(40_000)}\r\nContent-Length: 0\r\n\r\n`,
      ];
      for (const answer of answers) {
        const seen = await get(await answering(answer, 'end'));
        expect(seen.outcome, answer.slice(0, 60)).toBe('origin-broken');
        expect(seen.calls.includes('end')).toBe(false);
      }
    });

    test('a late head is a time-out, and the connection is not waited for', async () => {
      const server = await raw(() => {});
      const seen = await get(port(server.base, { headMs: 60 }));
      expect(seen.outcome).toBe('origin-timeout');
      expect(seen.detail).toContain('within 60 ms');
      await server.gone;
    });

    test('the wait for a free connection counts towards the head’s time', async () => {
      const server = await raw(() => {});
      const origin = port(server.base, { headMs: 80, connectionsMax: 1 });
      const both = await Promise.all([get(origin), get(origin)]);
      expect(both.map((seen) => seen.outcome)).toEqual(['origin-timeout', 'origin-timeout']);
    });

    test('a body that falls silent is a time-out', async () => {
      const seen = await get(
        await answering('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab', 'keep', { bodyIdleMs: 60 }),
      );
      expect(seen.outcome).toBe('origin-timeout');
      expect(seen.detail).toContain('after 2 of 10 bytes: no more within 60 ms');
    });

    test('refuses more requests than it may have under way, and takes new ones when they are over', async () => {
      const answer = (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      let hold: (socket: Socket) => void = () => {};
      const held = new Promise<Socket>((resolve) => {
        hold = resolve;
      });
      const server = await raw((socket, { index }) => {
        if (index === 0) hold(socket);
        else answer(socket);
      });
      const origin = port(server.base, { requestsMax: 1 });
      const first = get(origin);
      const second = await get(origin);
      expect([second.outcome, second.detail]).toEqual([
        'origin-unreachable',
        expect.stringContaining('limit 1'),
      ]);
      answer(await held);
      expect((await first).outcome).toBe('end');
      expect((await get(origin)).outcome).toBe('end');
    });
  });
}
