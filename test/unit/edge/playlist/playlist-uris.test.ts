import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PLAYLIST_CHARS_MAX } from '../../../../agent/edge/playlist/playlist.ts';
import { rewritePlaylist, rewriteUri } from '../../../../agent/edge/playlist/playlist-uris.ts';
import { type OriginBase, parseOriginBase } from '../../../../agent/edge/policy/origin-base.ts';

function base(address: string, mount = ''): OriginBase {
  const parsed = parseOriginBase(address, mount);
  if (parsed === undefined) throw new Error(`no base: ${address}`);
  return parsed;
}
const root = base('http://Media.example:80/');
const prefixed = base('http://media.example/prefix');
const mounted = base('https://vod.example:8443', '/vod');
const all = [root, mounted];
const uri = (reference: string, from = root, origins = all): string => rewriteUri(reference, from, origins);

describe('a URI', () => {
  it('below an origin becomes a path of the agent', () => {
    expect(uri('http://media.example/a/1.ts?x=1#f')).toBe('/a/1.ts?x=1#f');
    expect(uri('HTTP://MEDIA.EXAMPLE:80/a')).toBe('/a');
    expect(uri('http://media.example')).toBe('/');
    expect(uri('http://media.example?x')).toBe('/?x');
    expect(uri('//media.example/a')).toBe('/a');
    expect(uri('https://vod.example:8443/f/1.ts')).toBe('/vod/f/1.ts');
  });

  it('elsewhere stays as it is', () => {
    for (const other of [
      'http://other.example/a',
      'https://media.example/a',
      'http://media.example:81/a',
      'http://media.example.evil/a',
      'http://media.example@evil/a',
      '//vod.example/a',
      'data:text/plain,x',
      'skd://key',
      'a/1.ts',
      '../a?http://media.example/',
      '',
    ]) {
      expect(uri(other)).toBe(other);
    }
  });

  it('that would lead away from the agent, or out of the base, stays as it is', () => {
    expect(uri('http://media.example//evil.example/a')).toBe('http://media.example//evil.example/a');
    expect(uri('http://media.example/prefix/../a', prefixed, [prefixed])).toBe(
      'http://media.example/prefix/../a',
    );
    expect(uri('http://media.example/prefixed/a', prefixed, [prefixed])).toBe(
      'http://media.example/prefixed/a',
    );
  });

  it('that is rooted loses the path of the base, or becomes absolute where it is outside', () => {
    expect(uri('/a/1.ts')).toBe('/a/1.ts');
    expect(uri('/prefix/a/1.ts', prefixed)).toBe('/a/1.ts');
    expect(uri('/other/1.ts', prefixed)).toBe('http://media.example/other/1.ts');
    expect(uri('/f/1.ts', mounted)).toBe('/vod/f/1.ts');
    expect(uri('http://media.example/prefix/a', prefixed, [prefixed])).toBe('/a');
  });
});

describe('a playlist', () => {
  const rewrite = (text: string): string => rewritePlaylist(text, root, all);

  it('has its URI lines and URI attributes changed, and nothing else', () => {
    const text = [
      '#EXTM3U',
      '# http://media.example/comment',
      '#EXT-X-KEY:METHOD=AES-128,URI="http://media.example/k.key",IV=0x1',
      '#EXT-X-MAP:URI="http://media.example/init.mp4",BYTERANGE="10@0"',
      '#EXT-X-MEDIA:TYPE=AUDIO,NAME="a, URI=x",URI="http://media.example/a.m3u8"',
      '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="//media.example/i.m3u8"',
      '#EXT-X-PART:DURATION=1,URI="http://media.example/p.mp4",INDEPENDENT=YES',
      '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="http://media.example/n.mp4"',
      '#EXT-X-RENDITION-REPORT:URI="http://media.example/r.m3u8",LAST-MSN=1',
      '#EXT-X-SESSION-DATA:DATA-ID="x",URI="http://media.example/d.json"',
      '#EXT-X-SESSION-KEY:METHOD=AES-128,URI="http://media.example/s.key"',
      '#EXT-X-CONTENT-STEERING:SERVER-URI="http://media.example/steer",PATHWAY-ID="A"',
      '#EXT-X-DATERANGE:ID="ad",X-ASSET-URI="http://media.example/ad.m3u8",X-NOTE="http://media.example/n"',
      '#EXTINF:4,http://media.example/title',
      'http://media.example/1.ts',
      '',
      '2.ts',
      'https://elsewhere.example/3.ts',
      '',
    ];
    const changed = text.map((line) =>
      /^# |^#EXTINF/.test(line)
        ? line
        : line.replace(/((?:^|URI=")(?:http:)?\/\/media\.example)/, (found) =>
            found.startsWith('URI') ? 'URI="' : '',
          ),
    );
    expect(rewrite(text.join('\n'))).toBe(changed.join('\n'));
    expect(changed.filter((line, at) => line !== text[at])).toHaveLength(12);
  });

  it('keeps its line ends, with and without one at the end', () => {
    expect(rewrite('#EXTM3U\r\nhttp://media.example/1.ts\r\n\r\n2.ts')).toBe('#EXTM3U\r\n/1.ts\r\n\r\n2.ts');
    expect(rewrite('#EXTM3U\nhttp://media.example/1.ts')).toBe('#EXTM3U\n/1.ts');
  });

  it('with a string that never closes is left as it is', () => {
    const text = '#EXT-X-KEY:METHOD=AES-128,URI="http://media.example/k';
    expect(rewrite(text)).toBe(text);
  });

  it('is untouched where nothing of it is on an origin', () => {
    const line = fc.constantFrom(
      '#EXTM3U',
      '#EXT-X-KEY:URI="k"',
      'a.ts',
      '',
      '\r',
      '#EXTINF:1,',
      'http://x.example/a',
      '="',
      ',',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        expect(rewrite(lines.join('\n'))).toBe(lines.join('\n'));
      }),
    );
  });

  it('rewritten twice is as rewritten once, and never throws', () => {
    const unit = fc.constantFrom(
      '#EXT-X-A:',
      'URI="',
      '"',
      ',',
      '=',
      '\n',
      '\r\n',
      'http://media.example/',
      '//media.example',
      'a',
      '/',
      '#',
      '?',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 20 }), (text) => {
        expect(rewrite(rewrite(text))).toBe(rewrite(text));
      }),
    );
  });

  it('of many quotes and equal signs takes linear time, and one past the limit is not read', () => {
    const hostile = `#EXT-X-A:${'A="",='.repeat(300_000)}`;
    expect(rewrite(hostile)).toBe(hostile);
    const long = `http://media.example/1.ts\n${'\n'.repeat(PLAYLIST_CHARS_MAX)}`;
    expect(rewrite(long)).toBe(long);
  });
});

describe('the base of an origin', () => {
  it('is read without the port that its scheme implies and without a slash at its end', () => {
    expect(root).toEqual({ scheme: 'http', authority: 'media.example', prefix: '', mount: '' });
    expect(base('https://[2001:db8::1]:443/a/b/')).toMatchObject({
      authority: '[2001:db8::1]',
      prefix: '/a/b',
    });
  });

  it.each([
    '',
    'media.example',
    '//media.example',
    'ftp://media.example',
    'http://',
    'http://user@media.example',
    'http://media.example/a?b',
    'http://media.example/a#b',
    'http://media.example/../a',
    'http://media.example//a',
    'http://a b/',
  ])('is refused as %j', (address) => {
    expect(parseOriginBase(address)).toBeUndefined();
  });
});
