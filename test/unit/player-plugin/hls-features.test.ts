// What hls.js loads besides plain segments: parts, init segments, byte ranges, encrypted media and its keys, audio and
// subtitles, through steered hosts and with CMCD. All of it by the loader contract; real hls.js is in test/browser.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeOf, withMirrors } from '../../../player-plugin/origin-map.ts';
import { createRingcastIn } from '../../../player-plugin/ringcast.ts';
import { FakeWorld, segmentBytes, wholeAnswer } from './fake-world.ts';
import { fakeConfig, fakeHls, loadAsHls } from './hls-side.ts';
import { agentUrl, ORIGIN, serveRing } from './rosters.ts';
import { TOTAL, URL_1, warmRing } from './warm-ring.ts';

const NAMES = ['a', 'b', 'c'];

describe('media', () => {
  test.each([
    ['an LL-HLS part', { part: { duration: 0.5, index: 1 } }, '/720p/seg-1.1.m4s'],
    ['an init segment', { frag: { sn: 'initSegment', duration: 0 } }, '/720p/init.mp4'],
    ['audio of an audio group', { frag: { type: 'audio', duration: 2 } }, '/audio-en/seg-1.m4a'],
    ['subtitles', { frag: { type: 'subtitle', duration: 6 } }, '/subs-en/seg-1.vtt'],
  ])('%s comes from an agent', async (_what, context, path) => {
    const { world, load, inners } = await warmRing(wholeAnswer(TOTAL));
    const { names, data } = load({ url: ORIGIN + path, context });
    await world.advance(10);
    expect(names()).toEqual(['success']);
    expect(data()).toEqual(segmentBytes(0, TOTAL));
    expect(inners).toHaveLength(0);
  });

  test('an empty WebVTT segment is the origin’s to say', async () => {
    const { world, load, inners } = await warmRing(() => new Response(''));
    load({ url: `${ORIGIN}/subs/seg-1.vtt` });
    await world.advance(10);
    expect(inners).toHaveLength(1);
  });

  test('ranges of one resource are segments of their own: each has its agent, the same for every viewer', async () => {
    const { world, load } = await warmRing(wholeAnswer(TOTAL), NAMES);
    const askedFor = async (start: number): Promise<string> => {
      const { data } = load({ url: `${ORIGIN}/all.mp4`, range: { start, end: start + 100 } });
      await world.advance(10);
      expect(data()).toEqual(segmentBytes(start, start + 100));
      return world.segmentRequests.at(-1)?.url ?? '';
    };
    const first = [];
    for (let start = 0; start < 2_000; start += 100) first.push(await askedFor(start));
    expect(new Set(first).size).toBe(3);
    expect(await askedFor(300)).toBe(first[3]);
  });

  test('the range that counts is the loader’s, which AES-CBC widens, not the fragment’s', async () => {
    const { world, load } = await warmRing(wholeAnswer(TOTAL));
    const frag = { duration: 2, byteRangeStartOffset: 16, byteRangeEndOffset: 100 };
    const { data } = load({ range: { start: 0, end: 112 }, context: { frag, resetIV: true } });
    await world.advance(10);
    expect(world.segmentRequests.at(-1)?.headers.get('range')).toBe('bytes=0-111');
    expect(data()).toEqual(segmentBytes(0, 112));
  });
});

describe('keys', () => {
  const KEY = { url: `${ORIGIN}/key.bin`, context: { keyInfo: {}, frag: undefined, type: 'key' } };

  async function attached(options: { keys?: boolean }) {
    const world = new FakeWorld();
    serveRing(world, ['a'], { segment: wholeAnswer(16) });
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a'), ...options });
    const { config: own, inners } = fakeConfig(world);
    const player = fakeHls({ loader: own.loader });
    ring.attach(player.hls);
    await world.advance(200);
    return { world, ring, inners, own, config: player.config };
  }

  test('come from the origin unless asked for', async () => {
    const { config, own } = await attached({});
    expect(config.loader).toBe(own.loader);
  });

  test('come from agents where asked for, and are counted apart', async () => {
    const { world, ring, config, own, inners } = await attached({ keys: true });
    const { data } = loadAsHls(config.loader, own, KEY);
    await world.advance(10);
    expect(data()).toEqual(segmentBytes(0, 16));
    expect(inners).toHaveLength(0);
    expect(ring.stats).toMatchObject({
      keys: { agent: { requests: 1, bytes: 16 } },
      segments: { agent: { requests: 0 } },
    });
  });

  test('can be left to the origin again', async () => {
    const { ring, config, own, inners } = await attached({ keys: true });
    ring.configure({ keys: false });
    loadAsHls(config.loader, own, KEY);
    expect(inners).toHaveLength(1);
  });

  test('whatever else that loader loads, a steering manifest say, is the origin’s and not counted', async () => {
    const { ring, config, own, inners } = await attached({ keys: true });
    const { names } = loadAsHls(config.loader, own, { url: `${ORIGIN}/steering.json`, text: true });
    inners[0]?.succeed('{}');
    expect(names()).toEqual(['success']);
    expect(ring.stats.keys.origin.requests).toBe(0);
  });

  test('segments pass through the wrapped loader to the origin unharmed', async () => {
    const { config, own, inners } = await attached({ keys: true });
    const { names } = loadAsHls(config.fLoader, { ...own, loader: config.loader } as never, {
      url: 'http://other.test/seg.m4s',
    });
    inners[0]?.succeed(new ArrayBuffer(8));
    expect(names()).toEqual(['success']);
  });
});

describe('content steering', () => {
  const CDNS = ['http://cdn-a.test/media', 'http://cdn-b.test/hls/'];

  async function steered() {
    const setting = await warmRing(wholeAnswer(TOTAL), NAMES);
    setting.ring.configure({ mirrors: CDNS, origin: ORIGIN });
    await setting.world.advance(200);
    return setting;
  }

  test('the pathway is no part of a segment’s identity: the same agent is asked for the same path', async () => {
    const { world, load } = await steered();
    for (let i = 0; i < 10; i += 1) {
      const urls = [];
      for (const base of [ORIGIN, 'http://cdn-a.test/media', 'http://cdn-b.test/hls']) {
        load({ url: `${base}/720p/seg-${i}.m4s` });
        await world.advance(10);
        urls.push(world.segmentRequests.at(-1)?.url);
      }
      expect(new Set(urls).size).toBe(1);
    }
  });

  test('what agents cannot give comes from the pathway that hls.js chose', async () => {
    const { load, inners, ring } = await steered();
    ring.enabled = false;
    load({ url: 'http://cdn-b.test/hls/720p/seg-1.m4s' });
    expect(inners[0]?.context?.url).toBe('http://cdn-b.test/hls/720p/seg-1.m4s');
  });

  test('a pathway that fails is stood in for by the others, in their order, each with what is left of the time', async () => {
    const { load, inners, ring } = await steered();
    ring.enabled = false;
    const { calls } = load({ url: 'http://cdn-b.test/hls/720p/seg-1.m4s' });
    inners[0]?.fail(503);
    inners[1]?.fail(0);
    inners[2]?.succeed(segmentBytes(0, 10).buffer);
    expect(inners.map(({ context, destroyed }) => context?.url ?? destroyed)).toEqual([
      'http://cdn-b.test/hls/720p/seg-1.m4s',
      `${ORIGIN}/720p/seg-1.m4s`,
      'http://cdn-a.test/media/720p/seg-1.m4s',
    ]);
    expect(calls).toMatchObject([{ name: 'success' }]);
    expect(ring.stats.mirrored).toBe(2);
  });

  test('where all fail, the first one’s status is told', async () => {
    const { load, inners, ring } = await steered();
    ring.enabled = false;
    const { calls } = load();
    inners[0]?.fail(503);
    inners[1]?.fail(502);
    inners[2]?.fail(500);
    expect(calls).toEqual([{ name: 'error', code: 503 }]);
    expect(inners).toHaveLength(3);
  });

  test.each([403, 404])('a %i is an answer, not trouble: it is told', async (code) => {
    const { load, inners, ring } = await steered();
    ring.enabled = false;
    const { calls } = load();
    inners[0]?.fail(code);
    expect(calls).toEqual([{ name: 'error', code }]);
  });

  test('what hls.js was given part of is not begun again elsewhere', async () => {
    const { load, inners, ring } = await steered();
    ring.enabled = false;
    const { calls } = load({ progress: true });
    inners[0]?.give(segmentBytes(0, 10).buffer);
    inners[0]?.fail(503);
    expect(calls.map(({ name }) => name)).toEqual(['progress', 'error']);
  });

  test('an address that only a roster names is for agents: no browser is sent to it', () => {
    const inside = [{ id: 'main', base: 'http://10.0.0.1' }];
    const place = placeOf('http://cdn.test/x', withMirrors(inside, 'http://cdn.test', []), []);
    expect(place).toMatchObject({ originId: 'main', target: '/x', mirrorUrls: [] });
  });

  test('of several origins, mirrors belong to the one that the page names, or to none', () => {
    const two = [
      { id: 'one', base: 'http://one.test' },
      { id: 'two', base: 'http://two.test' },
    ];
    const ids = (base: string | undefined): unknown =>
      placeOf('http://m.test/x', withMirrors(two, base, ['http://m.test']), [])?.originId;
    expect(ids('http://two.test/')).toBe('two');
    expect(ids(undefined)).toBeUndefined();
  });

  test('whatever the path, every pathway has the same target', () => {
    const bases = withMirrors([{ id: 'main', base: 'http://o.test/a' }], 'http://o.test/a', [
      'http://m.test',
    ]);
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        const targets = ['http://o.test/a', 'http://m.test'].map(
          (base) => placeOf(`${base}/p${path}`, bases, [])?.target,
        );
        expect(targets[0]).toBe(targets[1]);
      }),
    );
  });
});

describe('CMCD', () => {
  test('as a query it goes along, to agent and origin, and is no part of the identity', async () => {
    const { world, load, ring, inners } = await warmRing(wholeAnswer(TOTAL), NAMES);
    const hosts = new Set<string>();
    for (let i = 0; i < 8; i += 1) {
      load({ url: `${URL_1}?CMCD=bl%3D${i}00%2Csid%3D%22x%22` });
      await world.advance(10);
      hosts.add(new URL(world.segmentRequests.at(-1)?.url ?? '').host);
    }
    expect(hosts.size).toBe(1);
    expect(world.segmentRequests.at(-1)?.url).toContain('CMCD=bl%3D700');
    ring.enabled = false;
    load({ url: `${URL_1}?CMCD=bl%3D1` });
    expect(inners[0]?.context?.url).toBe(`${URL_1}?CMCD=bl%3D1`);
  });

  test('as headers it goes along to agent and origin', async () => {
    const { world, load, inners } = await warmRing(() => new Response(null, { status: 404 }));
    load({ headers: { 'CMCD-Object': 'br=800' } });
    await world.advance(10);
    expect(world.segmentRequests.at(-1)?.headers.get('cmcd-object')).toBe('br=800');
    expect(inners[0]?.context?.headers).toEqual({ 'CMCD-Object': 'br=800' });
  });

  test('hls.js’s wrapping of the loaders is not wrapped again', () => {
    const ring = createRingcastIn(new FakeWorld(), { bootstrap: agentUrl('a') });
    const player = fakeHls({ ...ring.hlsConfig });
    class Wrapped {}
    player.config.fLoader = Wrapped;
    ring.attach(player.hls);
    expect(player.config.fLoader).toBe(Wrapped);
  });
});
