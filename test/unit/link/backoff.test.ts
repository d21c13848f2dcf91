import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../../../agent/adapters/link/address.ts';
import { Backoff } from '../../../agent/adapters/link/backoff.ts';

describe('a back-off', () => {
  /** How long the address is left alone after failing at `nowMs`. */
  const pause = (backoff: Backoff, nowMs: number): number => {
    backoff.failed('a:1', nowMs);
    let ms = 0;
    while (!backoff.mayDial('a:1', nowMs + ms)) ms += 1;
    return ms;
  };

  it('doubles up to its longest', () => {
    const backoff = new Backoff({ shortestMs: 100, longestMs: 700 });
    let nowMs = 0;
    const pauses = Array.from({ length: 5 }, () => {
      const ms = pause(backoff, nowMs);
      nowMs += ms;
      return ms;
    });
    expect(pauses).toEqual([100, 200, 400, 700, 700]);
  });

  it('starts anew after an answer, and after a long time', () => {
    const backoff = new Backoff({ shortestMs: 100, longestMs: 700 });
    pause(backoff, 0);
    backoff.succeeded('a:1');
    expect(backoff.mayDial('a:1', 1)).toBe(true);
    expect(pause(backoff, 1)).toBe(100);
    expect(pause(backoff, 1000)).toBe(100);
  });

  it('keeps addresses apart', () => {
    const backoff = new Backoff({ shortestMs: 100, longestMs: 700 });
    backoff.failed('a:1', 0);
    expect([backoff.mayDial('a:1', 50), backoff.mayDial('a:2', 50)]).toEqual([false, true]);
  });

  it('forgets the oldest of more addresses than it holds', () => {
    const backoff = new Backoff({ shortestMs: 100, longestMs: 700 });
    for (let port = 0; port <= 4096; port += 1) backoff.failed(`a:${port}`, 0);
    expect([backoff.mayDial('a:0', 0), backoff.mayDial('a:1', 0)]).toEqual([true, false]);
  });
});

describe('an address', () => {
  it.each([
    ['127.0.0.1:7000', { host: '127.0.0.1', port: 7000 }],
    ['edge-1.example:1', { host: 'edge-1.example', port: 1 }],
    ['[2001:db8::7]:65535', { host: '2001:db8::7', port: 65_535 }],
  ])('%s names a host and a port, and back', (text, parsed) => {
    expect(parseAddress(text)).toEqual(parsed);
    expect(formatAddress(parsed)).toBe(text);
  });

  it.each(['', 'edge', 'edge:0', '[::1]', 'a b:1', 'http://edge:80'])('is not %j', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});
