// When links of TLS are closed, cut or replaced: idle, mute, stalled, silent, full.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Identity } from '../../agent/adapters/identity/identity.ts';
import type { ControlMessage } from '../../agent/wire/message.ts';
import { claimOf } from '../unit/wire/example.ts';
import { fetchFrom, headOf, pattern, probe, storedFill } from './link.ts';
import { hello, RawLink, RawServer } from './link-raw.ts';
import { RecordingSink } from './link-recorder.ts';
import { type TlsAgent, TlsWorld } from './link-worlds.ts';

let world: TlsWorld;
let b: TlsAgent;
let identity: Identity;
const servers: RawServer[] = [];
beforeEach(async () => {
  world = await TlsWorld.open();
  b = await world.agent();
  identity = await world.identity();
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await world.end();
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const listen = async (accepted: (link: RawLink) => void): Promise<RawServer> => {
  const server = await RawServer.listen(identity, accepted);
  servers.push(server);
  return server;
};
/** A message of some 10 kB. */
const large = (agent: TlsAgent): ControlMessage => ({
  kind: 'referral',
  contacts: Array.from({ length: 32 }, () => agent.record),
});

describe('links that are no longer of use', () => {
  it('are closed: a bulk link without transfers, by the side that dialled it, and nobody is suspected', async () => {
    const quick = await world.agent({ timing: { idleMs: 10, sweepMs: 5 } });
    b.events.onServe = ({ reply }) => reply.send(headOf(3), storedFill(pattern(3)), 0);
    const sink = new RecordingSink();
    quick.port.fetch(fetchFrom(b), sink);
    await sink.until(() => sink.over);
    while (b.port.count('bulk') > 0) await turn();
    quick.port.send(b.record, probe(1));
    await b.events.until(() => b.events.messages.length === 1);
    expect(quick.port.count('bulk')).toBe(0);
    expect([...quick.events.brokenPeers, ...b.events.brokenPeers]).toEqual([]);
  });

  it('are cut: a control link that answers nothing any more, and the peer is suspected', async () => {
    const server = await listen((link) => link.send(hello('control')));
    const strict = await world.agent({ timing: { muteMs: 20, sweepMs: 5 } });
    const contact = { id: identity.id, link: server.address };
    strict.port.send(contact, probe(0));
    while (strict.port.count('control') === 0) await turn();
    for (let seq = 1; seq <= 3; seq += 1) strict.port.send(contact, probe(seq));
    await strict.events.until(() => strict.events.brokenPeers.length === 1);
    expect(strict.log.at(-1)).toMatch(/nothing heard/);
  });

  it('are cut: one whose peer takes no bytes; what does not fit its queue is dropped and reported', async () => {
    const server = await listen((link) => {
      link.send(hello('control'));
      void link.until(() => link.heard.length === 1).then(() => link.socket.pause());
    });
    const strict = await world.agent({ timing: { stallMs: 30, sweepMs: 5 } });
    const contact = { id: identity.id, link: server.address };
    strict.port.send(contact, probe(0));
    while (strict.port.count('control') === 0) await turn();
    for (let i = 0; i < 1000; i += 1) strict.port.send(contact, large(b));
    expect(strict.counts['control_messages.sent']).toBeLessThan(200);
    await strict.events.until(() => strict.events.brokenPeers.length === 1);
    while (strict.port.count('control') > 0) {
      strict.port.send(contact, large(b));
      await turn();
    }
    expect(strict.log.at(-1)).toMatch(/takes no bytes/);
  });

  it('are cut: a bulk link on which nothing at all was heard for long', async () => {
    const server = await listen((link) => link.send(hello('bulk')));
    const strict = await world.agent({ timing: { silenceMs: 20 } });
    const record = identity.seal(claimOf(identity.id, { link: server.address }));
    const sink = new RecordingSink();
    strict.port.fetch(fetchFrom({ ...b, record }, {}, 100), sink);
    await sink.until(() => sink.over);
    expect(sink.calls).toEqual(['fail silent']);
    await strict.events.until(() => strict.events.brokenPeers.length === 1);
    expect(strict.port.count('bulk')).toBe(0);
  });

  it('are dialled again: a seed whose link closed', async () => {
    const server = await listen((link) => {
      link.send(hello('control'));
      void link.until(() => link.heard.length === 2).then(() => link.socket.destroy());
    });
    const seeded = await world.agent({ timing: { backoffMs: 1 } });
    while (server.links.length < 2) {
      seeded.port.send({ id: undefined, link: server.address }, probe(1));
      await turn();
    }
    expect(seeded.counts['rejected.link']).toBe(0);
  });

  it('are replaced by another that the peer opened', async () => {
    const server = await listen((link) => link.send(hello('control')));
    b.port.send({ id: identity.id, link: server.address }, probe(1));
    while (b.port.count('control') < 1) await turn();
    const port = b.port.address?.port ?? 0;
    const own = await RawLink.dial(port, identity);
    own.send(hello('control'));
    while (b.port.count('control') < 2) await turn();
    server.close();
    await b.events.until(() => b.events.brokenPeers.length === 1);
    b.port.send({ id: identity.id, link: '' }, probe(2));
    await own.until(() => own.heard.some((message) => message.kind === 'probe' && message.seq === 2));
    own.socket.destroy();
  });

  it('to oneself are closed without a word', async () => {
    b.port.send({ id: undefined, link: b.record.link }, probe(1));
    const other = await world.agent();
    b.port.send(other.record, probe(2));
    await other.events.until(() => other.events.messages.length === 1);
    expect(b.log).toEqual([]);
    expect(b.port.count('control')).toBe(1);
  });
});
