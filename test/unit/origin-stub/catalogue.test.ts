// Which object a path names, with time passed in.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { boxesIn, requireBox } from '../../../origin-stub/box.ts';
import { Catalogue, type Found } from '../../../origin-stub/catalogue.ts';
import { loadLadder } from '../../../origin-stub/media.ts';
import type { Resource } from '../../../origin-stub/resource.ts';

const ladder = loadLadder(fileURLToPath(new URL('../../../origin-stub/media', import.meta.url)));
const shape = { epochMs: 0, partMs: 500, partsPerSegment: 4, loopSegments: 32, windowSegments: 10 };
const nowMs = 21_200;

const fresh = (): Catalogue => new Catalogue(ladder, shape, 0);
const catalogue = fresh();

function find(path: string, ms: number = nowMs, query = ''): Found {
  return catalogue.find(path, query, ms);
}

function object(path: string, ms: number = nowMs, query = ''): Resource {
  const found = find(path, ms, query);
  if (found.is !== 'object') throw new Error(`${path}: ${JSON.stringify(found)}`);
  return found.resource;
}

function bytesOf({ body }: Resource): Buffer {
  return body.slice(0, body.length);
}

function textOf(resource: Resource): string {
  return bytesOf(resource).toString();
}

/** All URIs of a playlist, resolved against its own path. */
function urisOf(path: string, text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#EXT-X-PRELOAD'));
  const uris = lines.flatMap((line) =>
    line.startsWith('#') ? (/URI="([^"]*)"/.exec(line)?.[1] ?? []) : line,
  );
  return uris.map((uri) => new URL(uri, `http://x${path}`).pathname);
}

describe('every stream', () => {
  it.each(['/vod', '/vod-ts', '/vod-aes', '/live', '/ll'])(
    '%s: all that its playlists name is there',
    (root) => {
      const playlists = urisOf(`${root}/master.m3u8`, textOf(object(`${root}/master.m3u8`)));
      expect(playlists).toHaveLength(root === '/vod-ts' ? 1 : 3);
      for (const playlist of playlists) {
        const uris = urisOf(playlist, textOf(object(playlist)));
        expect(uris.length).toBeGreaterThan(10);
        for (const uri of uris) expect(object(uri).body.length).toBeGreaterThan(0);
      }
    },
  );

  it('has the content types and the lives that caches go by', () => {
    const head = (path: string, query = ''): string[] => {
      const { contentType, cacheControl } = object(path, nowMs, query);
      return [contentType, cacheControl];
    };
    const playlist = 'application/vnd.apple.mpegurl';
    expect(head('/vod/360p/index.m3u8')).toEqual([playlist, 'public, max-age=60']);
    expect(head('/live/360p/index.m3u8')).toEqual([playlist, 'public, max-age=1']);
    expect(head('/ll/360p/index.m3u8')).toEqual([playlist, 'public, max-age=1']);
    expect(head('/ll/360p/index.m3u8', '_HLS_msn=9')).toEqual([playlist, 'public, max-age=12']);
    expect(head('/vod/360p/seg-0.m4s')).toEqual(['video/mp4', 'public, max-age=31536000, immutable']);
    expect(head('/live/360p/seg-3.m4s')).toEqual(['video/mp4', 'public, max-age=31536000, immutable']);
    expect(head('/vod-ts/180p/seg-0.ts')[0]).toBe('video/mp2t');
    expect(head('/vod-aes/key.bin')).toEqual(['application/octet-stream', 'private, max-age=300']);
  });

  it('has nothing else', () => {
    for (const path of [
      ...['/', '', '/vod', '/vod/', '/vod/index.m3u8', '/vod/720p/index.m3u8', '/vod/360p/seg-32.m4s'],
      ...['/vod/360p/seg-0.0.m4s', '/live/360p/seg-1.0.m4s', '/ll/360p/seg-1.4.m4s', '/ll/360p/seg-01.m4s'],
      ...['/vod/../vod/master.m3u8', '/VOD/master.m3u8', '/vod/360p/seg-0.ts', '/live/720p/index.m3u8'],
    ]) {
      expect(find(path)).toMatchObject({ is: 'refused', status: 404 });
    }
  });
});

describe('a live segment', () => {
  it('is its parts, and the same under /live and /ll', () => {
    const parts = [0, 1, 2, 3].map((index) => bytesOf(object(`/ll/360p/seg-5.${index}.m4s`)));
    expect(Buffer.concat(parts).equals(bytesOf(object('/ll/360p/seg-5.m4s')))).toBe(true);
    expect(object('/live/360p/seg-5.m4s').etag).toBe(object('/ll/360p/seg-5.m4s').etag);
  });

  it('differs from the one of the loop before in its sequence numbers and in nothing else', () => {
    const first = bytesOf(object('/live/180p/seg-5.m4s'));
    const second = Buffer.from(bytesOf(object('/live/180p/seg-37.m4s', 80_000)));
    expect(second.equals(first)).toBe(false);
    const numbers = boxesIn(second)
      .filter((box) => box.type === 'moof')
      .map((moof) => {
        const at = requireBox(second, ['mfhd'], moof).payload + 4;
        const number = second.readUInt32BE(at);
        second.writeUInt32BE(number - 128, at);
        return number;
      });
    expect(numbers).toEqual([149, 150, 151, 152]);
    expect(second.equals(first)).toBe(true);
  });

  it('is the same after a restart', () => {
    const found = fresh().find('/live/180p/seg-5.m4s', '', nowMs + 3000);
    expect(found.is === 'object' && found.resource.etag).toBe(object('/live/180p/seg-5.m4s').etag);
  });

  it('is absent before its time and after it, and says which', () => {
    expect(find('/live/360p/seg-10.m4s', 21_999)).toMatchObject({
      reason: expect.stringMatching(/does not exist yet/),
    });
    expect(find('/live/360p/seg-10.m4s', 22_000).is).toBe('object');
    expect(find('/live/360p/seg-10.m4s', 64_000).is).toBe('object');
    expect(find('/live/360p/seg-10.m4s', 68_000)).toMatchObject({
      status: 404,
      reason: expect.stringMatching(/has left/),
    });
  });

  it('is absent, and so are the playlists, until the stream has begun', () => {
    expect(find('/live/360p/index.m3u8', 1999)).toMatchObject({ is: 'refused', status: 404 });
    expect(find('/ll/360p/index.m3u8', 1999)).toMatchObject({ is: 'refused', status: 404 });
    expect(find('/live/360p/index.m3u8', 2000).is).toBe('object');
  });
});

describe('low latency', () => {
  it('has a request for the hinted part wait for it, but no part after it', () => {
    expect(find('/ll/360p/seg-10.2.m4s')).toEqual({ is: 'later', atMs: 21_500 });
    expect(find('/ll/360p/seg-10.2.m4s', 21_500).is).toBe('object');
    expect(find('/ll/360p/seg-10.3.m4s')).toMatchObject({ is: 'refused', status: 404 });
    expect(find('/ll/360p/seg-10.m4s')).toMatchObject({ is: 'refused', status: 404 });
  });

  it('has a request for a playlist wait until that has what was asked for', () => {
    const path = '/ll/360p/index.m3u8';
    expect(find(path, nowMs, '_HLS_msn=10&_HLS_part=2')).toEqual({ is: 'later', atMs: 21_500 });
    expect(textOf(object(path, 21_500, '_HLS_msn=10&_HLS_part=2'))).toContain('URI="seg-10.2.m4s"\n');
    expect(find(path, nowMs, '_HLS_msn=10')).toEqual({ is: 'later', atMs: 22_000 });
    expect(textOf(object(path, 22_000, '_HLS_msn=10'))).toContain('\nseg-10.m4s\n');
    expect(find(path, nowMs, '_HLS_msn=99')).toMatchObject({ is: 'refused', status: 400 });
  });

  it('answers with the playlist of the moment, full or delta, not one kept from before', () => {
    const path = '/ll/270p/index.m3u8';
    expect(textOf(object(path, 21_200))).toContain('HINT:TYPE=PART,URI="seg-10.2.m4s"');
    expect(textOf(object(path, 21_200, '_HLS_skip=YES'))).toContain('#EXT-X-SKIP');
    expect(textOf(object(path, 21_600))).toContain('HINT:TYPE=PART,URI="seg-10.3.m4s"');
    expect(textOf(object(path, 21_600))).not.toContain('#EXT-X-SKIP');
    expect(object(path, 21_600).modifiedMs).toBe(21_500);
    expect(textOf(object(path, 21_600))).toContain('URI="../360p/index.m3u8"');
    expect(textOf(object(path, 21_600))).not.toContain('URI="../270p/index.m3u8"');
  });

  it('is not for the plain live stream: its directives mean nothing there', () => {
    expect(find('/live/360p/index.m3u8', nowMs, '_HLS_msn=99').is).toBe('object');
    expect(textOf(object('/live/360p/index.m3u8'))).not.toContain('PART');
  });
});

describe('a synthetic object', () => {
  it('has the size that its path says, down to nothing', () => {
    expect(object('/synthetic/12345/some/name.bin').body.length).toBe(12_345);
    expect(object('/synthetic/0/x').body.length).toBe(0);
    expect(object('/synthetic/1099511627776/x').body.length).toBe(2 ** 40);
  });

  it('is refused when it is too big, and absent when the path makes no sense', () => {
    expect(find('/synthetic/1099511627777/x')).toMatchObject({
      status: 400,
      reason: expect.stringMatching(/at most 1099511627776 bytes/),
    });
    expect(find('/synthetic-vod/100001x5/index.m3u8')).toMatchObject({
      status: 400,
      reason: expect.stringMatching(/100000 segments/),
    });
    for (const path of [
      '/synthetic/-1/x',
      '/synthetic/5',
      '/synthetic/5/',
      '/synthetic/5/a b',
      '/synthetic-vod/x5/',
    ]) {
      expect(find(path)).toMatchObject({ is: 'refused', status: 404 });
    }
  });

  it('comes in playlists, with sets of their own by name', () => {
    const path = '/synthetic-vod/3x5000/index.m3u8';
    const uris = urisOf(path, textOf(object(path)));
    expect(uris).toEqual([0, 1, 2].map((index) => `/synthetic-vod/3x5000/seg-${index}.m4s`));
    const seen = [...uris, '/synthetic-vod/3x5000-other/seg-0.m4s'].map((uri) => object(uri));
    expect(seen.map(({ body }) => body.length)).toEqual([5000, 5000, 5000, 5000]);
    expect(new Set(seen.map(({ etag }) => etag)).size).toBe(4);
    expect(find('/synthetic-vod/3x5000/seg-3.m4s')).toMatchObject({ is: 'refused', status: 404 });
  });
});
