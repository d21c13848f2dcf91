// The setting of the loader's tests: a ring whose agents are known and measured, and hls.js's side of a load.
import { createRingcastIn, type Ringcast } from '../../../player-plugin/ringcast.ts';
import { type FakeBody, FakeWorld, type Handler } from './fake-world.ts';
import { type FakeInner, fakeConfig, type HlsAsk, type HlsLoad, loadAsHls } from './hls-side.ts';
import { agentUrl, ORIGIN, serveRing } from './rosters.ts';

export const URL_1 = `${ORIGIN}/720p/seg-1.m4s`;
export const TOTAL = 100_000;

export interface Setting {
  world: FakeWorld;
  ring: Ringcast;
  inners: FakeInner[];
  load(ask?: Partial<HlsAsk>): HlsLoad;
}

/** A ring whose agents are known and measured. */
export async function warmRing(segment: Handler, names: readonly string[] = ['a']): Promise<Setting> {
  const world = new FakeWorld();
  serveRing(world, names, { segment });
  const ring = createRingcastIn(world, { bootstrap: agentUrl(names[0] ?? 'a'), playlists: true });
  const { fLoader } = ring.hlsConfig;
  await world.advance(200);
  const { config, inners } = fakeConfig(world);
  return { world, ring, inners, load: (ask) => loadAsHls(fLoader, config, { url: URL_1, ...ask }) };
}

export function bodyAfter(world: () => FakeWorld, ms: number, body: FakeBody, total = TOTAL): Handler {
  return async () => {
    await world().pause(ms);
    return body.response({ total, headers: { etag: '"v1"' } });
  };
}
