// Sessions in, at what rate and up to how many; certificates in turn; and which library is taken.
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Carrier, Session } from '../../../agent/adapters/webtransport/carrier.ts';
import {
  BACKDATED_MS,
  LIFETIME_MS,
  webCertificate,
} from '../../../agent/adapters/webtransport/certificate.ts';
import { CertificateRota, TURN_MS } from '../../../agent/adapters/webtransport/certificate-rota.ts';
import { chooseCarrier } from '../../../agent/adapters/webtransport/choose-carrier.ts';
import type { WebTransportLimits } from '../../../agent/adapters/webtransport/limits.ts';
import { WebTransportServer } from '../../../agent/adapters/webtransport/webtransport-server.ts';
import { memoryCarrier } from '../../contract/webtransport-memory.ts';
import { Agent, ask, getOf, ROSTER, settled, whole } from './player.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 20);

interface Place {
  readonly agent: Agent;
  readonly server: WebTransportServer;
  readonly carrier: Carrier;
  readonly clock: { wallMs: number };
  dial(): Promise<Session>;
}

async function serve(limits: Partial<WebTransportLimits> = {}, port = 0): Promise<Place> {
  const agent = new Agent();
  const carrier = memoryCarrier();
  const clock = { wallMs: NOW_MS };
  const { serve, counts, timings, now } = agent.ports;
  const server = await WebTransportServer.listen(
    carrier,
    { host: '0.0.0.0', port, publicHost: 'edge.example', drainMs: 0, limits: { sweepMs: 1e9, ...limits } },
    { serve, counts, timings, now, roster: () => ROSTER, wallMs: () => clock.wallMs, log: () => {} },
  );
  const dial = (): Promise<Session> => carrier.dial(server.shown.url, server.shown.certificateHashes);
  return { agent, server, carrier, clock, dial };
}

describe('the server', () => {
  it('shows players where it is and the hashes of two certificates', async () => {
    const { server } = await serve({}, 4433);
    expect(server.shown.url).toBe('https://edge.example:4433/ringcast');
    expect(new Set(server.shown.certificateHashes).size).toBe(2);
    expect(server.shown).toBe(server.shown);
  });

  it('takes so many sessions, refuses the next, and takes one again when one has gone', async () => {
    const { dial, server, agent } = await serve({ sessionsMax: 2 });
    const [first] = [await dial(), await dial()];
    await expect(dial()).rejects.toThrow('503');
    expect(agent.counts['rejected.webtransport']).toBe(1);
    first?.close(0, '');
    await settled();
    await dial();
    await settled();
    expect(server.sessions).toBe(2);
  });

  it('refuses sessions on other paths', async () => {
    const { carrier, server } = await serve();
    const { url, certificateHashes } = server.shown;
    await expect(carrier.dial(`${url}x`, certificateHashes)).rejects.toThrow('404');
  });

  it('takes sessions no faster than its rate after the first few', async () => {
    const { dial } = await serve({ handshakeBurst: 3, handshakesPerS: 0.001 });
    await dial();
    await dial();
    const pending = [dial(), dial()].map((each) => each.then(() => 'open'));
    await settled();
    expect(await Promise.race([Promise.all(pending), Promise.resolve('waiting')])).toBe('waiting');
    expect(await pending[0]).toBe('open');
  });

  it('puts the next certificate to use on the next port, keeps sessions, and comes back to its port', async () => {
    const { server, dial, clock, agent, carrier } = await serve({}, 4433);
    const before = server.shown;
    const session = await dial();
    clock.wallMs += TURN_MS;
    await server.rotate();
    expect(server.shown.url).toBe('https://edge.example:4434/ringcast');
    expect(server.shown.certificateHashes[0]).toBe(before.certificateHashes[1]);
    agent.answer = whole(Buffer.from('still here'));
    expect((await ask(session, getOf('/a'))).said.body.toString()).toBe('still here');
    // A roster that is some minutes old leads to the old listener.
    await carrier.dial(before.url, before.certificateHashes);
    await dial();
    clock.wallMs += TURN_MS;
    await server.rotate();
    expect(server.shown.url).toBe(before.url);
    await session.closed;
    await dial();
  });

  it('keeps its certificate where the next port is taken, and says so', async () => {
    const { server, clock, carrier, dial } = await serve({}, 4433);
    const certificate = await webCertificate(NOW_MS);
    await carrier.listen({ host: '', port: 4434, certificate, path: '/' });
    const before = server.shown;
    clock.wallMs += TURN_MS;
    await expect(server.rotate()).rejects.toMatchObject({ code: 'address-refused' });
    expect(server.shown).toBe(before);
    await dial();
  });

  it('closes sessions and port when it is over', async () => {
    const { server, dial } = await serve();
    const session = await dial();
    await new Promise<void>((done) => server.drain(done));
    await session.closed;
    await expect(dial()).rejects.toThrow();
  });
});

describe('a certificate for browsers', () => {
  it('is ECDSA P-256, valid for twelve days from the day before, and named by the hash of its bytes', async () => {
    const { certPem, hash } = await webCertificate(NOW_MS);
    const certificate = new X509Certificate(certPem);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(certificate.validFromDate.getTime()).toBe(NOW_MS - DAY_MS);
    expect(certificate.validToDate.getTime()).toBe(NOW_MS + 11 * DAY_MS);
    expect(certificate.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(hash);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  it('is valid over the whole turn that it is used, with a day before and days after', async () => {
    expect(BACKDATED_MS).toBeGreaterThanOrEqual(DAY_MS);
    expect(LIFETIME_MS - BACKDATED_MS - TURN_MS).toBeGreaterThanOrEqual(4 * DAY_MS);
    const rota = await CertificateRota.start(NOW_MS);
    for (const nowMs of [NOW_MS + TURN_MS, NOW_MS + 2 * TURN_MS]) {
      const announced = rota.hashes[1];
      rota.take(await rota.turn(nowMs));
      expect(rota.current.hash).toBe(announced);
      expect(rota.current.toMs).toBe(nowMs - BACKDATED_MS + LIFETIME_MS);
    }
  });

  it('is due at half-life, and made anew where the host slept through the next one’s turn', async () => {
    const rota = await CertificateRota.start(NOW_MS);
    expect([rota.due(NOW_MS + TURN_MS - 1), rota.due(NOW_MS + TURN_MS)]).toEqual([false, true]);
    const late = NOW_MS + 30 * DAY_MS;
    rota.take(await rota.turn(late));
    expect(rota.current.toMs - late).toBe(LIFETIME_MS - BACKDATED_MS);
    expect(rota.due(late)).toBe(false);
  });
});

describe('the choice of a library', () => {
  const missing = (name: string): { name: string; load(): Promise<Carrier> } => ({
    name,
    load: () => Promise.reject(Object.assign(new Error('Cannot find'), { code: 'ERR_MODULE_NOT_FOUND' })),
  });

  it('falls on the first that opens a session with itself', async () => {
    const dead = { ...memoryCarrier(), dial: () => Promise.reject(new Error('no session\nstack')) };
    const choice = await chooseCarrier([
      missing('one'),
      { name: 'two', load: async () => dead },
      { name: 'three', load: async () => ({ ...memoryCarrier(), name: 'three' }) },
      { name: 'four', load: async () => memoryCarrier() },
    ]);
    expect(choice).toMatchObject({ ok: true, carrier: { name: 'three' } });
  });

  it('says in one sentence why there is none, and what helps', async () => {
    const glibc = new Error("/lib/libc.so.6: version `GLIBC_2.38' not found (required by x)\nRequire stack:");
    const choice = await chooseCarrier([missing('one'), { name: 'two', load: () => Promise.reject(glibc) }]);
    expect(choice.ok ? '' : choice.why).toBe(
      'no QUIC library works here: one is not installed; two needs glibc 2.38 or newer (Debian 13, Ubuntu 24.04); ' +
        'install one of them (npm install without --omit=optional and --ignore-scripts), on a system that it supports',
    );
  });
});
