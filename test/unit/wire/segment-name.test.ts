// One name per segment, for agents and players alike.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placementKey, segmentName } from '../../../agent/wire/segment-name.ts';

const name = (target: string, ignored?: readonly string[]): string =>
  segmentName({ originId: 'o', target }, ignored);

describe('a segment name', () => {
  it.each([
    ['/live/720p/seg-12.m4s', 'o /live/720p/seg-12.m4s'],
    ['/a.ts?v=2&x=1', 'o /a.ts?v=2&x=1'],
    ['/a.ts?CMCD=br%3D3200', 'o /a.ts'],
    ['/a.ts?v=2&CMCD=sid%3D%22x%22&w=3', 'o /a.ts?v=2&w=3'],
    ['/a.ts?utm_source=x&utm_medium=y', 'o /a.ts'],
    ['/a.ts?_ringcast=1&_ringcast_n=2&q', 'o /a.ts?q'],
    ['/a.ts?', 'o /a.ts'],
    ['/a.ts?&&', 'o /a.ts'],
    ['/a.ts?CMCDx=1', 'o /a.ts?CMCDx=1'],
    ['/a.ts?cmcd=1', 'o /a.ts?cmcd=1'],
    ['/%7Ea//b', 'o /%7Ea//b'],
    ['/a.ts?u=b?c=d', 'o /a.ts?u=b?c=d'],
    ['/a.ts?x=1&x=2', 'o /a.ts?x=1&x=2'],
    ['/a.ts?=1', 'o /a.ts?=1'],
  ])('of %s is %s', (target, expected) => expect(name(target)).toBe(expected));

  it('holds the byte range where the playlist addresses one', () => {
    expect(segmentName({ originId: 'o', target: '/a.mp4?v=1', range: { start: 0, end: 1000 } })).toBe(
      'o /a.mp4?v=1 0-1000',
    );
  });

  it('leaves out what the operator names, and keeps the defaults only where asked', () => {
    expect(name('/a?token=s&v=1', ['token'])).toBe('o /a?v=1');
    expect(name('/a?CMCD=1&tok_a=1', ['tok_*'])).toBe('o /a?CMCD=1');
    expect(name('/a?x=1&y', ['*'])).toBe('o /a');
  });

  it('does not change when it is taken of itself, nor with where the ignored parameters stand', () => {
    const parameter = fc.tuple(
      fc.constantFrom('v', 'w', 'CMCD', 'utm_x', '_ringcast', ''),
      fc.constantFrom('', '=1', '=%20'),
    );
    const parameters = fc.array(
      parameter.map((pair) => pair.join('')),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(parameters, (pairs) => {
        const once = name(`/a?${pairs.join('&')}`);
        expect(name(once.slice(2))).toBe(once);
        const kept = pairs.filter((pair) => /^[vw]|^=/.test(pair));
        expect(once).toBe(kept.length === 0 ? 'o /a' : `o /a?${kept.join('&')}`);
      }),
    );
  });
});

describe('a placement key', () => {
  it('is one for every variant of a low-latency playlist', () => {
    const plain = segmentName({ originId: 'o', target: '/live.m3u8?v=1' });
    for (const query of ['_HLS_msn=7&_HLS_part=1', '_HLS_msn=8', '_HLS_skip=YES&_HLS_msn=7']) {
      expect(placementKey(segmentName({ originId: 'o', target: `/live.m3u8?v=1&${query}` }))).toBe(plain);
    }
  });

  it('is the name itself for everything else', () => {
    for (const target of ['/a.ts', '/a.ts?v=1', '/a_HLS_b.ts', '/a.ts?x_HLS_=1']) {
      const whole = segmentName({ originId: 'o', target });
      expect(placementKey(whole)).toBe(whole);
    }
  });
});
