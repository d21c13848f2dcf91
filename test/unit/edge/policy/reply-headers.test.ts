import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../../agent/edge/policy/conditional.ts';
import {
  type CacheStatus,
  cacheStatus,
  hitHeaders,
  replyHeaders,
  replyStatus,
} from '../../../../agent/edge/policy/reply-headers.ts';
import { fields, NOW, stored } from '../exchanges.ts';

const HIT: CacheStatus = { kind: 'hit', ttlMs: 1999 };
const WHOLE: Plan = { kind: 'whole' };
const PART: Plan = { kind: 'part', from: 0, to: 2, contentRange: 'bytes 0-1/4' };
const all = fields(
  'Date: d',
  'ETag: "1"',
  'Cache-Control: max-age=9',
  'Content-Type: t',
  'Content-Encoding: gzip',
  'Content-Range: old',
  'Age: 99',
  'Content-Length: 4',
  'Connection: x',
  'X: 1',
  'Set-Cookie: a',
  'Vary: v',
  'Cache-Status: origin; hit',
);
const names = (plan: Plan): string[] =>
  replyHeaders(all, plan, { ageMs: 1999, status: HIT }).map(([name]) => name);

describe('Cache-Status', () => {
  it('says what became of the request as RFC 9211 writes it', () => {
    expect(cacheStatus(HIT)).toBe('ringcast; hit; ttl=1');
    expect(cacheStatus({ kind: 'hit', ttlMs: -500 })).toBe('ringcast; hit; ttl=-1');
    expect(cacheStatus({ kind: 'forward', why: 'uri-miss' })).toBe('ringcast; fwd=uri-miss');
    expect(
      cacheStatus({ kind: 'forward', why: 'stale', status: 304, stored: true, collapsed: true, ttlMs: 5000 }),
    ).toBe('ringcast; fwd=stale; fwd-status=304; ttl=5; stored; collapsed');
    expect(cacheStatus({ kind: 'forward', why: 'bypass', stored: false, collapsed: false })).toBe(
      'ringcast; fwd=bypass',
    );
  });

  it('stands behind those of the caches before', () => {
    const status = replyHeaders(all, WHOLE, { ageMs: 0, status: HIT }).filter(
      ([name]) => name === 'cache-status',
    );
    expect(status.map(([, value]) => value)).toEqual(['origin; hit', 'ringcast; hit; ttl=1']);
  });
});

describe('an answer', () => {
  it('keeps the fields of the response, its Date and its own Content-Range, with one Age of whole seconds', () => {
    const fieldsOfWhole = replyHeaders(all, WHOLE, { ageMs: 1999, status: HIT });
    expect(fieldsOfWhole).toContainEqual(['date', 'd']);
    expect(fieldsOfWhole).toContainEqual(['content-range', 'old']);
    expect(fieldsOfWhole.filter(([name]) => name === 'age')).toEqual([['age', '1']]);
  });

  it('has no Age where it has none to tell, no length and nothing of the hop', () => {
    const sent = replyHeaders(all, WHOLE, { ageMs: undefined, status: HIT }).map(([name]) => name);
    for (const name of ['age', 'content-length', 'connection', 'x']) expect(sent).not.toContain(name);
  });

  it('of a part names its range once', () => {
    const sent = replyHeaders(all, PART, { ageMs: 0, status: HIT });
    expect(sent.filter(([name]) => name === 'content-range')).toEqual([['content-range', 'bytes 0-1/4']]);
    expect(sent).toContainEqual(['content-type', 't']);
  });

  it('without content says nothing about content, but keeps validators and freshness in a 304', () => {
    expect(names({ kind: 'not-modified' })).toEqual([
      'date',
      'etag',
      'cache-control',
      'set-cookie',
      'vary',
      'cache-status',
      'age',
      'cache-status',
    ]);
  });

  it('about the request itself carries neither validators nor freshness', () => {
    expect(names({ kind: 'failed' })).toEqual(['date', 'vary', 'cache-status', 'age', 'cache-status']);
    expect(names({ kind: 'unsatisfiable', contentRange: 'bytes */4' })).toContain('content-range');
  });

  it('of a hit is the same by the short way', () => {
    const hit = stored({ status: 200, headers: all, size: 4, delayMs: 0 });
    const status: CacheStatus = { kind: 'hit', ttlMs: 9000 - 99_000 - 1000 };
    const ageMs = 100_000;
    expect(hitHeaders(hit, NOW + 1000)).toEqual(replyHeaders(hit.headers, WHOLE, { ageMs, status }));
  });

  it('has the status of its plan', () => {
    expect(replyStatus(WHOLE, 404)).toBe(404);
    expect(replyStatus(PART, 200)).toBe(206);
    expect(replyStatus({ kind: 'not-modified' }, 200)).toBe(304);
    expect(replyStatus({ kind: 'failed' }, 200)).toBe(412);
    expect(replyStatus({ kind: 'unsatisfiable', contentRange: '' }, 200)).toBe(416);
    expect(replyStatus({ kind: 'wait' }, 200)).toBe(200);
  });
});
