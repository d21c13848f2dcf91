// What the beacon tells, to whom, and what it never says.
import { describe, expect, test } from 'vitest';
import { BEACON_PATH, type Beacon, parseBeacon } from '../../../agent/wire/beacon.ts';
import { startBeaconIn, type WatchedPlayer } from '../../../player-plugin/beacon/beacon.ts';
import { StallWatch, type WatchedMedia } from '../../../player-plugin/beacon/stalls.ts';
import { type FakeWorld, wholeAnswer } from './fake-world.ts';
import { agentUrl } from './rosters.ts';
import { TOTAL, warmRing } from './warm-ring.ts';

class Media extends EventTarget implements WatchedMedia {
  seeking = false;
  tell(name: string): void {
    this.dispatchEvent(new Event(name));
  }
}

async function beaconing(options: { player?: WatchedPlayer; everySeconds?: number } = {}) {
  const setting = await warmRing(wholeAnswer(TOTAL));
  const { world, ring } = setting;
  let hide = (): void => {};
  const onHide = (run: () => void) => {
    hide = run;
    return () => {
      hide = () => {};
    };
  };
  const stop = startBeaconIn(Object.assign(world, { onHide }), ring, options);
  return { ...setting, stop, hide: () => hide() };
}

/** Every beacon so far, as an agent reads it. */
async function beacons(world: FakeWorld): Promise<Beacon[]> {
  await world.settle();
  return world.requests
    .filter(({ url }) => url.endsWith(BEACON_PATH))
    .map(({ init }) => {
      const parsed = parseBeacon(String(init.body));
      if (!parsed.ok) throw new Error(parsed.reason);
      return parsed.value;
    });
}

describe('a beacon', () => {
  test('tells the sums since the last one, to the nearest agent, in a shape that agents accept', async () => {
    const { world, load } = await beaconing();
    load();
    load();
    await world.advance(30_000);
    load();
    await world.advance(30_000);
    const told = await beacons(world);
    expect(told.map(({ sums }) => sums)).toEqual([
      { agentRequests: 2, agentBytes: 2 * TOTAL },
      { agentRequests: 1, agentBytes: TOTAL },
    ]);
    expect(told.map(({ periodMs }) => periodMs)).toEqual([30_000, 30_000]);
    expect(world.requests.find(({ method }) => method === 'POST')?.url).toBe(agentUrl('a') + BEACON_PATH);
  });

  test('carries no cookie, no referrer, no URL and nothing that asks for a preflight', async () => {
    const { world, load } = await beaconing();
    load({ url: 'http://other.test/private/film.m4s?token=secret' });
    load();
    await world.advance(30_000);
    const { init } = world.requests.find(({ method }) => method === 'POST') ?? {};
    expect(init).toMatchObject({ credentials: 'omit', referrerPolicy: 'no-referrer', keepalive: true });
    expect(init?.headers).toEqual({ 'content-type': 'text/plain' });
    expect(String(init?.body)).not.toMatch(/http|token|film|test/);
  });

  test('is not sent where nothing happened, nor where agents are off', async () => {
    const { world, ring, load, inners } = await beaconing();
    await world.advance(120_000);
    ring.enabled = false;
    load();
    inners[0]?.succeed(new ArrayBuffer(5));
    await world.advance(120_000);
    expect(await beacons(world)).toEqual([]);
  });

  test('that did not arrive is told with the next', async () => {
    const { world, load } = await beaconing();
    world.serve(agentUrl('a') + BEACON_PATH, () => {
      throw new TypeError('gone');
    });
    load();
    await world.advance(30_000);
    world.serve(agentUrl('a') + BEACON_PATH, () => new Response(null, { status: 204 }));
    load();
    await world.advance(30_000);
    expect((await beacons(world)).at(-1)).toMatchObject({
      periodMs: 60_000,
      sums: { agentRequests: 2, agentBytes: 2 * TOTAL },
    });
  });

  test('is sent when the page goes away and when it is ended, and then no more', async () => {
    const { world, load, hide, stop } = await beaconing();
    load();
    await world.advance(1_000);
    hide();
    expect(await beacons(world)).toHaveLength(1);
    load();
    await world.advance(1_000);
    stop();
    expect(await beacons(world)).toHaveLength(2);
    load();
    await world.advance(300_000);
    hide();
    expect(await beacons(world)).toHaveLength(2);
  });

  test('names fallbacks by reason, and the player’s measures in CMCD’s words', async () => {
    const player = {
      levels: [{ bitrate: 800_000 }],
      currentLevel: 0,
      bandwidthEstimate: 5_000_400,
      latency: 0,
      mainForwardBufferInfo: { len: 12.3 },
    };
    const { world, load } = await beaconing({ player, everySeconds: 1 });
    load({ url: 'http://other.test/x.m4s' });
    await world.advance(9_999);
    expect(await beacons(world)).toEqual([]);
    await world.advance(1);
    expect(await beacons(world)).toMatchObject([
      { fallbacks: { 'unknown-origin': 1 }, measures: { br: 800, bl: 12_300, mtp: 5_000 } },
    ]);
  });

  test('a player may get its video later', async () => {
    const media = new Media();
    const player: { media: WatchedMedia | null } = { media: null };
    const { world, load } = await beaconing({ player });
    player.media = media;
    load();
    await world.advance(30_000);
    media.tell('playing');
    media.tell('waiting');
    await world.advance(400);
    media.tell('playing');
    await world.advance(30_000);
    expect((await beacons(world)).at(-1)?.sums).toEqual({ stalls: 1, stalledMs: 400 });
  });
});

describe('a stall', () => {
  function watched() {
    const world = { nowMs: 0, now: () => world.nowMs };
    const media = new Media();
    const watch = new StallWatch(world);
    const stop = watch.watch(media);
    return { world, media, watch, stop };
  }

  test('is a wait once playback has begun; one that lasts counts up to now, once', () => {
    const { world, media, watch } = watched();
    media.tell('waiting');
    media.tell('playing');
    expect(watch.total()).toEqual({ stalls: 0, stalledMs: 0 });
    media.tell('waiting');
    world.nowMs = 300;
    media.tell('waiting');
    expect(watch.total()).toEqual({ stalls: 1, stalledMs: 300 });
    world.nowMs = 500;
    media.tell('playing');
    world.nowMs = 9_000;
    expect(watch.total()).toEqual({ stalls: 1, stalledMs: 500 });
  });

  test('is not what a seek waits for, and ends with a pause', () => {
    const { world, media, watch } = watched();
    media.tell('playing');
    media.seeking = true;
    media.tell('waiting');
    media.seeking = false;
    media.tell('waiting');
    world.nowMs = 100;
    media.tell('pause');
    world.nowMs = 900;
    expect(watch.total()).toEqual({ stalls: 1, stalledMs: 100 });
  });

  test('is no longer watched for once ended', () => {
    const { media, watch, stop } = watched();
    media.tell('playing');
    stop();
    media.tell('waiting');
    expect(watch.total().stalls).toBe(0);
  });
});
