import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindOf } from '../../../../agent/edge/policy/kind.ts';
import { parseTarget } from '../../../../agent/edge/policy/target.ts';
import { TARGET_BYTES_MAX } from '../../../../agent/wire/limits.ts';

const accepted = (raw: string, host?: string): string | undefined => {
  const parsed = parseTarget(raw, host);
  return parsed.ok ? parsed.target : undefined;
};

it.each([
  '/',
  '/live/720p/seg-12.m4s?v=2&_HLS_msn=3',
  '/a//b',
  "/a/...b/.c/d.?x=../..&y=a|b{c}^`'%0A",
  '/a%20b%2Fc/%252e%252e/d',
  '/a;p=1/b,c@d:e!$&()*+~',
  '/a?b?c=%2e%2e/',
])('serves %s as it stands', (raw) => {
  expect(accepted(raw)).toBe(raw);
});

it.each([
  '',
  'a',
  '*',
  'example.com:443',
  '//169.254.169.254/x',
  '/..',
  '/../etc/passwd',
  '/a/./b',
  '/a/.',
  '/a/%2e%2E/b',
  '/a/.%2e/b',
  '/a/..%2fb',
  '/a%2f..%2fb',
  '/a%5c..%5cb',
  '/..;x/b',
  '/%2e%2e;/b',
  '/a b',
  '/a\tb',
  '/a\\..\\b',
  '/a#b',
  '/a"b',
  '/a<b>',
  '/a\u0000b',
  '/a\u007fb',
  '/ä',
  '/a%00',
  '/a%0d%0ab',
  '/a%7f',
  '/a?b=%00',
  '/a%',
  '/a%2',
  '/a%zz',
  '/a?b=%g0',
])('refuses %j', (raw) => {
  expect(accepted(raw)).toBeUndefined();
});

it('refuses what is too long and says both lengths', () => {
  expect(accepted(`/${'a'.repeat(TARGET_BYTES_MAX - 1)}`)).toBeDefined();
  const refused = parseTarget(`/${'a'.repeat(TARGET_BYTES_MAX)}`);
  expect(refused).toEqual({ ok: false, why: 'request target of 8193 bytes, limit 8192' });
});

describe('the absolute form', () => {
  it('is taken where it names the host of the Host field', () => {
    expect(accepted('http://Edge.example:8080/a?b', 'edge.EXAMPLE:8080')).toBe('/a?b');
    expect(accepted('https://edge.example', 'edge.example')).toBe('/');
    expect(accepted('http://edge.example?x=1', 'edge.example')).toBe('/?x=1');
  });

  it.each([
    'http://other.example/a',
    'http://edge.example@other.example/',
    'http://edge.example:81/',
    'ftp://edge.example/a',
    'http://edge.example//x',
    'http://edge.example/../x',
    'http:///x',
  ])('is refused as %s', (raw) => {
    expect(accepted(raw, 'edge.example')).toBeUndefined();
  });

  it('is refused without a Host field', () => {
    expect(accepted('http://edge.example/a')).toBeUndefined();
    expect(accepted('http:///x', '')).toBeUndefined();
  });
});

it('accepts only what a URL class leaves on the same host and path', () => {
  const unit = fc.constantFrom(
    '/',
    '.',
    '%2e',
    '%2f',
    '\\',
    '?',
    '#',
    'a',
    '@',
    ':',
    '%',
    '\t',
    '//',
    ';',
    '%5c',
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 12 }), (raw) => {
      const target = accepted(raw);
      if (target === undefined) return;
      const url = new URL(target, 'http://edge.example');
      expect(url.host).toBe('edge.example');
      // A URL drops the mark of an empty query.
      expect(url.pathname + url.search).toBe(target.replace(/^([^?]*)\?$/, '$1'));
    }),
    { numRuns: 500 },
  );
});

it('never throws', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (raw, host) => void parseTarget(raw, host)));
});

describe('the kind of a target', () => {
  it('follows the ending of its last path component', () => {
    expect(kindOf('/a/b.M3U8?x=.ts')).toBe('playlist');
    expect(kindOf('/a/b.m4s?x=.m3u8')).toBe('segment');
    expect(kindOf('/a.ts/b')).toBe('other');
    expect(kindOf('/a.mpd')).toBe('other');
    expect(kindOf('/ts')).toBe('other');
    expect(kindOf('/')).toBe('other');
  });

  it('follows the type where the ending says nothing', () => {
    expect(kindOf('/play', 'Application/vnd.apple.mpegURL; charset=utf-8')).toBe('playlist');
    expect(kindOf('/play', 'video/mp4')).toBe('segment');
    expect(kindOf('/play', 'text/plain')).toBe('other');
  });

  it('is nothing special for a document that is named like a segment or a playlist', () => {
    expect(kindOf('/account/x.ts', 'text/html')).toBe('other');
    expect(kindOf('/account/x.m3u8', 'application/json; a=b')).toBe('other');
  });
});
