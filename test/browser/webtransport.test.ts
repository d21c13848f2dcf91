// A real Chromium fetches through a real agent over real QUIC, by nothing but the hash of its certificate.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TURN_MS } from '../../agent/adapters/webtransport/certificate-rota.ts';
import { type QuinnAddon, quinn } from '../../agent/adapters/webtransport/quinn.ts';
import { WebTransportServer } from '../../agent/adapters/webtransport/webtransport-server.ts';
import { newCounts, Timings } from '../../agent/core/counters.ts';
import type { RosterWebTransport } from '../../agent/wire/roster.ts';
import { type OriginStub, startOriginStub } from '../../origin-stub/origin-stub.ts';
import { fetchDigest, until } from '../processes/ring-fleet.ts';
import { quicAddon } from '../setup/quic-addon.ts';
import { openQuicPage, type QuicAgent, type QuicPage, startQuicAgent } from './webtransport-agent.ts';
import type * as Quic from './webtransport-page.ts';

/** In this process, so that its clock is the test's: certificates must be valid for Chromium's. */
async function rotatingServer(addon: QuinnAddon, clock: { wallMs: number }): Promise<WebTransportServer> {
  const body = new Uint8Array(1_000_000);
  return await WebTransportServer.listen(
    quinn(addon),
    { host: '127.0.0.1', port: 0, publicHost: '127.0.0.1', drainMs: 0 },
    {
      serve: (_, reply) => {
        reply.whole({ status: 200, headers: [], source: 'ram' }, body);
        return () => {};
      },
      roster: () => {
        throw new Error('no roster here');
      },
      counts: newCounts(),
      timings: new Timings(),
      now: () => performance.now(),
      wallMs: () => clock.wallMs,
      log: () => {},
    },
  );
}

/** In the page: the bundle's name for what it exports. */
declare const Page: typeof Quic;

const addon = quicAddon();
if (!addon.ok) console.log(`skipped: Chromium over QUIC: ${addon.why}`);

describe.skipIf(!addon.ok)('Chromium over QUIC', () => {
  let origin: OriginStub;
  let agent: QuicAgent;
  let quic: QuicPage;
  let killedMs: number;

  beforeAll(async () => {
    origin = await startOriginStub();
    [agent, quic] = await Promise.all([
      startQuicAgent(origin.url, addon.ok && addon.patched),
      openQuicPage(),
    ]);
  });
  afterAll(async () => {
    await quic?.close();
    await agent?.child.stop(2_000);
    await origin?.close();
  });

  test('the agent says which library serves', async () => {
    expect((await agent.health()).webtransport).toBe('by @moq/web-transport');
    const place = (await agent.roster()).agent.webtransport;
    expect(place?.certificateHashes).toHaveLength(2);
  });

  test('no session opens by the hash of another certificate', async () => {
    const place = (await agent.roster()).agent.webtransport;
    const wrong = { url: place?.url ?? '', certificateHashes: ['00'.repeat(32)] };
    expect(await quic.page.evaluate((given) => Page.open(given), wrong)).toMatch('no session');
  });

  test('a session opens, and 2 MB come with the digest that they have over HTTP, ranges and errors too', async () => {
    const place = (await agent.roster()).agent.webtransport;
    expect(await quic.page.evaluate((given) => Page.open(given as never), place)).toBe('open');
    for (const target of ['/synthetic/2000000/one.m4s', '/synthetic/2000000/two.m4s']) {
      const got = await quic.page.evaluate((path) => Page.get(path), target);
      const { digest } = await fetchDigest(agent.url + target);
      expect(got).toMatchObject({ status: 200, bytes: 2_000_000, digest });
    }
    const range = await quic.page.evaluate(
      (path) => Page.get(path, [['range', 'bytes=100-1099']]),
      '/synthetic/2000000/one.m4s',
    );
    expect(range).toMatchObject({ status: 206, bytes: 1000 });
    expect(range.headers['content-range']).toBe('bytes 100-1099/2000000');
    const refused = await quic.page.evaluate((path) => Page.get(path), '/a/../b');
    expect(refused).toMatchObject({ status: 400, headers: { 'ringcast-error': 'bad-target' } });
    const roster = await quic.page.evaluate((path) => Page.get(path), '/.well-known/ringcast');
    expect(roster).toMatchObject({
      status: 200,
      digest: (await fetchDigest(`${agent.url}/.well-known/ringcast`)).digest,
    });
  });

  test('a browser is killed that holds a session', async () => {
    const other = await openQuicPage();
    const place = (await agent.roster()).agent.webtransport;
    expect(await other.page.evaluate((given) => Page.open(given as never), place)).toBe('open');
    await other.kill();
    killedMs = performance.now();
    await other.close();
  });

  test('200 fetches one after the other are whole, and are counted as the agent’s own', async () => {
    const target = '/synthetic/100000/often.m4s';
    const { digest } = await fetchDigest(agent.url + target);
    const before = await agent.metric('ringcast_requests_total{source="ram"}');
    const targets = Array<string>(200).fill(target);
    const whole = await quic.page.evaluate(([each, wanted]) => Page.sequence(each, wanted), [
      targets,
      digest,
    ] as const);
    expect(whole).toBe(200);
    expect(await agent.metric('ringcast_requests_total{source="ram"}')).toBe(before + 200);
  });

  test('50 requests given up leave the session in order', async () => {
    const targets = Array.from({ length: 50 }, (_, i) => `/synthetic/2000000/cancel-${i % 5}.m4s`);
    expect(await quic.page.evaluate((each) => Page.cancels(each), targets)).toBe(50);
    const after = '/synthetic/200000/after.m4s';
    const all = await quic.page.evaluate(
      (path) => Promise.all(Array.from({ length: 40 }, () => Page.get(path))),
      after,
    );
    const { digest } = await fetchDigest(agent.url + after);
    expect(new Set(all.map((got) => got.digest))).toEqual(new Set([digest]));
  });

  test('a session lives on while the certificate is replaced, and new ones open with the new', async () => {
    if (!addon.ok) return;
    const clock = { wallMs: Date.now() - TURN_MS };
    const server = await rotatingServer(addon.addon, clock);
    const before = server.shown;
    const open = (place: RosterWebTransport) => quic.page.evaluate((given) => Page.open(given), place);
    const get = () => quic.page.evaluate((path) => Page.get(path), '/a.m4s');
    expect(await open(before)).toBe('open');
    clock.wallMs += TURN_MS;
    await server.rotate();
    expect(await get()).toMatchObject({ status: 200, bytes: 1_000_000 });
    const [hash = ''] = server.shown.certificateHashes;
    expect(before.certificateHashes).toContain(hash);
    expect(await open({ ...server.shown, certificateHashes: [hash] })).toBe('open');
    expect(await get()).toMatchObject({ status: 200, bytes: 1_000_000 });
    expect(await open(before)).toBe('open');
    expect(server.sessions).toBe(3);
    await new Promise<void>((done) => server.close(done));
  });

  test('the session of the killed browser is noticed, though it said nothing', async () => {
    await quic.page.evaluate(() => Page.close());
    await until(
      () => agent.metric('ringcast_viewer_connections'),
      0,
      40_000 - (performance.now() - killedMs),
    );
  });
});
