import { describe, expect, it } from 'vitest';
import {
  isLoop,
  MEDIA_DROPPED,
  type UpstreamRules,
  upstreamHeaders,
} from '../../../../agent/edge/policy/upstream.ts';
import { fields } from '../exchanges.ts';

const AGENT = 'ab'.repeat(32);
const rules: UpstreamRules = { loopToken: 'ringcast', agentId: AGENT, identity: false, dropped: new Set() };
const names = (lines: string[], mode: 'cached' | 'passed' = 'cached', by = rules): string[] =>
  upstreamHeaders(fields(...lines), mode, by).map(([name]) => name);

describe('a request towards the origin', () => {
  it('carries the end-to-end fields of the viewer in their order, and who sent it', () => {
    expect(upstreamHeaders(fields('Accept: a', 'X-Y: 1', 'Cookie: c', 'X-Y: 2'), 'cached', rules)).toEqual([
      ['accept', 'a'],
      ['x-y', '1'],
      ['cookie', 'c'],
      ['x-y', '2'],
      ['via', '1.1 ringcast-abababab'],
      ['cdn-loop', `ringcast; id=${AGENT}`],
    ]);
  });

  it('keeps the Via and CDN-Loop of those before', () => {
    const sent = upstreamHeaders(fields('Via: 1.0 fred', 'CDN-Loop: other'), 'passed', rules);
    expect(sent.filter(([name]) => name === 'via').map(([, value]) => value)).toEqual([
      '1.0 fred',
      '1.1 ringcast-abababab',
    ]);
    expect(sent[1]).toEqual(['cdn-loop', 'other']);
  });

  it.each([
    'Host',
    'Connection',
    'TE',
    'Upgrade',
    'Proxy-Authorization',
    'Proxy',
    'Expect',
    'Forwarded',
    'X-Forwarded-Host',
    'X-Forwarded-For',
    'X-HTTP-Method-Override',
    'X-Original-URL',
    'X-Real-IP',
    'HTTP2-Settings',
    'Transfer-Encoding',
  ])('never carries %s', (name) => {
    expect(names([`${name}: 1`])).toEqual(['via', 'cdn-loop']);
    expect(names([`${name}: 1`], 'passed')).toEqual(['via', 'cdn-loop']);
  });

  it('does not carry what Connection names', () => {
    expect(names(['Connection: X-A', 'X-A: 1', 'X-B: 1'])).toEqual(['x-b', 'via', 'cdn-loop']);
  });

  it('asks for the whole, unconditionally, where the answer is to be stored', () => {
    const lines = [
      'Range: bytes=0-1',
      'If-Range: "a"',
      'If-None-Match: "a"',
      'If-Modified-Since: x',
      'If-Match: *',
    ];
    expect(names(lines)).toEqual(['via', 'cdn-loop']);
    expect(names(lines, 'passed')).toHaveLength(7);
  });

  it('carries the length and type of a body only where one is passed on', () => {
    expect(names(['Content-Length: 3', 'Content-Type: t'])).toEqual(['via', 'cdn-loop']);
    expect(names(['Content-Length: 3', 'Content-Type: t'], 'passed')).toHaveLength(4);
  });

  it('asks for uncoded bytes in front of media, and carries nothing of one viewer only', () => {
    const media = { ...rules, identity: true, dropped: MEDIA_DROPPED };
    const sent = upstreamHeaders(
      fields('Accept-Encoding: br', 'Cache-Control: no-cache', 'CMCD-Session: s'),
      'cached',
      media,
    );
    expect(sent.slice(0, -2)).toEqual([['accept-encoding', 'identity']]);
    expect(names(['Accept: a'], 'cached', media)).toContain('accept');
    expect(names(['Accept-Encoding: br'])).toContain('accept-encoding');
    expect(names(['Accept-Encoding: br', 'Cache-Control: no-cache'], 'passed', media)).toHaveLength(4);
  });
});

describe('a loop', () => {
  const loops = (...lines: string[]): boolean => isLoop(fields(...lines), rules);

  it('is found by the token of the cluster, the id of the agent, or its own Via', () => {
    expect(loops('CDN-Loop: other, Ringcast; id=x')).toBe(true);
    expect(loops('CDN-Loop: other', 'CDN-Loop: ringcast')).toBe(true);
    expect(loops(`CDN-Loop: other;id="${AGENT}"`)).toBe(true);
    expect(loops('Via: 1.0 fred, 1.1 ringcast-abababab (x)')).toBe(true);
  });

  it('is found in what the agent itself sends', () => {
    expect(isLoop(upstreamHeaders([], 'cached', rules), rules)).toBe(true);
  });

  it('is not seen in another cache, nor in another cluster with a token of its own', () => {
    expect(loops('CDN-Loop: ringcaster, not-ringcast; id=1', 'Via: 1.1 ringcast')).toBe(false);
    expect(
      isLoop(upstreamHeaders([], 'cached', rules), { ...rules, loopToken: 'upper', agentId: 'cd' }),
    ).toBe(false);
    expect(loops()).toBe(false);
  });
});
