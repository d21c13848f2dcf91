// What only the TLS links have: certificates, ALPN, versions, and links that are given up.
import { once } from 'node:events';
import { type AddressInfo, connect as connectPlain, createServer as createPlainServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Links } from '../../agent/adapters/link/links.ts';
import { newCounts } from '../../agent/core/counters.ts';
import { closed, fetchFrom, probe } from './link.ts';
import { hello, RawLink } from './link-raw.ts';
import { RecordingEvents, RecordingSink } from './link-recorder.ts';
import { type TlsAgent, TlsWorld } from './link-worlds.ts';

let world: TlsWorld;
let other: TlsWorld;
let a: TlsAgent;
let b: TlsAgent;
beforeEach(async () => {
  [world, other] = [await TlsWorld.open(), await TlsWorld.open()];
  [a, b] = [await world.agent(), await world.agent()];
});
afterEach(async () => {
  await world.end();
  await other.end();
});

const portOf = (agent: TlsAgent): number => agent.port.address?.port ?? 0;

/** A raw link to b, greeted both ways. */
async function greeted(purpose: 'control' | 'bulk'): Promise<RawLink> {
  const raw = await RawLink.dial(portOf(b), await world.identity());
  raw.send(hello(purpose));
  await raw.until(() => raw.heard.length === 1);
  return raw;
}

/** a and b still talk, on links that were there before and on new ones. */
async function othersUnaffected(): Promise<void> {
  const count = b.events.messages.length;
  a.port.send(b.record, probe(1));
  await b.events.until(() => b.events.messages.length === count + 1);
  expect(a.events.brokenPeers).not.toContain(b.id);
}

describe('a connection', () => {
  it.each([
    ['with a certificate of another CA', async () => ({ ...(await other.identity()), ca: b.identity.ca })],
    ['without a certificate', () => ({ ca: b.identity.ca })],
    ['with an expired certificate', () => world.identity(-0.01)],
    ['with another ALPN protocol', async () => ({ ...(await world.identity()), ALPNProtocols: ['h2'] })],
    ['without ALPN', async () => ({ ...(await world.identity()), ALPNProtocols: [] })],
    ['that speaks TLS 1.2', async () => ({ ...(await world.identity()), maxVersion: 'TLSv1.2' as const })],
  ])('%s is refused and counted', async (_, options) => {
    const raw = await RawLink.dial(portOf(b), await options());
    raw.send(hello('control'), probe(1));
    await raw.closed();
    expect(raw.heard).toEqual([]);
    expect(b.events.messages).toEqual([]);
    expect(b.counts['rejected.link']).toBe(1);
    expect(b.log).toHaveLength(1);
    await othersUnaffected();
  });

  it('that is not TLS at all is refused and counted', async () => {
    const socket = connectPlain(portOf(b), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    expect(b.counts['rejected.link']).toBe(1);
    await othersUnaffected();
  });

  it('to an agent of another cluster is refused by the one that dials', async () => {
    const foreign = await other.agent();
    a.port.send(foreign.record, probe(1));
    await a.events.until(() => a.events.brokenPeers.length === 1);
    expect(a.events.brokenPeers).toEqual([foreign.id]);
    expect(foreign.events.messages).toEqual([]);
  });

  it('that reaches another agent than the one meant carries nothing', async () => {
    const meant = await world.identity();
    a.port.send({ id: meant.id, link: b.record.link }, probe(1));
    await a.events.until(() => a.events.brokenPeers.length === 1);
    expect(a.events.brokenPeers).toEqual([meant.id]);
    expect(b.events.messages).toEqual([]);
  });

  it('to a host that accepts and says nothing is given up in time', async () => {
    const silent = createPlainServer((socket) => socket.resume());
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const hasty = await world.agent({ timing: { dialMs: 50 } });
    const link = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const sink = new RecordingSink();
    hasty.port.send({ id: b.id, link }, probe(1));
    hasty.port.fetch(fetchFrom({ ...b, record: { ...b.record, link } }), sink);
    await hasty.events.until(() => hasty.events.brokenPeers.length === 1);
    await sink.until(() => sink.over);
    expect(sink.calls).toEqual(['fail unreachable']);
    silent.close();
  });

  it('on which the other side never says hello is given up in time', async () => {
    const strict = await world.agent({ timing: { dialMs: 50 } });
    const raw = await RawLink.dial(portOf(strict), await world.identity());
    await raw.closed();
    expect(strict.port.count('control')).toBe(0);
  });

  it('beyond eight of one peer is refused', async () => {
    const identity = await world.identity();
    const links = await Promise.all(Array.from({ length: 9 }, () => RawLink.dial(portOf(b), identity)));
    for (const link of links) link.send(hello('control'));
    await Promise.race(links.map((link) => link.until(() => link.lastWords === 'too-many')));
    expect(b.counts['rejected.link']).toBeGreaterThanOrEqual(1);
    await othersUnaffected();
  });

  it('uses a renewed certificate from then on', async () => {
    const expired = await world.identity(-0.01);
    b.port.renew(expired);
    a.port.send(b.record, probe(1));
    await a.events.until(() => a.events.brokenPeers.length === 1);
    expect(b.events.messages).toEqual([]);
  });
});

describe('listening', () => {
  it('on a port that is taken says so', async () => {
    const listen = { host: '127.0.0.1', port: portOf(b) };
    const options = {
      identity: a.identity,
      listen,
      events: new RecordingEvents(),
      counts: newCounts(),
      log: () => {},
    };
    await expect(Links.open(options)).rejects.toMatchObject({
      name: 'RingcastError',
      code: 'link-listen',
      message: `cannot listen for links on 127.0.0.1:${listen.port}: it is in use: choose another port`,
    });
  });
});

describe('the greeting', () => {
  it('is refused in a version that is not spoken, and answered with the reason', async () => {
    const raw = await RawLink.dial(portOf(b), await world.identity());
    raw.send(hello('control', 2));
    await raw.closed();
    expect(raw.lastWords).toBe('bad-version');
    expect(b.counts['rejected.link']).toBe(1);
  });

  it('comes first and only once', async () => {
    const early = await RawLink.dial(portOf(b), await world.identity());
    early.send(probe(1));
    await early.closed();
    expect(early.lastWords).toBe('unexpected');
    const twice = await greeted('control');
    twice.send(hello('control'));
    await twice.closed();
    expect(twice.lastWords).toBe('unexpected');
    expect(b.events.messages).toEqual([]);
  });
});

it('closing gives back every socket', async () => {
  a.port.send(b.record, probe(1));
  await b.events.until(() => b.events.messages.length === 1);
  await closed(a.port);
  while (b.port.count('control') > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(a.port.count('control')).toBe(0);
});
