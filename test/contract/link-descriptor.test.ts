// What a transfer's bytes are held to travels with them, on both kinds of links.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Digests } from '../../agent/adapters/digest/digests.ts';
import { ephemeralKey } from '../../agent/adapters/identity/agent-key.ts';
import { descriptorOf } from '../../agent/edge/descriptor-of.ts';
import { Fill } from '../../agent/edge/fill.ts';
import type { Descriptor } from '../../agent/wire/descriptor.ts';
import type { SegmentName } from '../../agent/wire/ids.ts';
import { fetchFrom, fillOf, headOf, type LinkAgent, type LinkWorld, pattern } from './link.ts';
import { RecordingSink } from './link-recorder.ts';
import { MemoryWorld, TlsWorld } from './link-worlds.ts';

const worlds = { TLS: () => TlsWorld.open(), memory: async () => new MemoryWorld() };
const signer = new Digests({ signer: ephemeralKey(), certifier: undefined, now: () => 7 });

function signed(body: Uint8Array): Descriptor {
  const about = { name: 'origin /a.m4s' as SegmentName, status: 200, headers: [] };
  return descriptorOf({ digests: signer, now: () => 7 }, about, body);
}

describe.each(Object.entries(worlds))('over %s', (_, open) => {
  let world: LinkWorld;
  let a: LinkAgent;
  let b: LinkAgent;
  let sink: RecordingSink;
  beforeEach(async () => {
    world = await open();
    [a, b, sink] = [await world.agent(), await world.agent(), new RecordingSink()];
  });
  afterEach(() => world.end());

  it('a stored object’s descriptor comes before its bytes, as it was signed', async () => {
    const body = pattern(200_000);
    const descriptor = signed(body);
    const fill = Fill.of(fillOf(0).id, { ...headOf(body.length), delayMs: 0 }, body, descriptor);
    b.events.onServe = ({ reply }) => reply.send(headOf(body.length), fill, 0);
    a.port.fetch(fetchFrom(b), sink);
    await sink.until(() => sink.over);
    expect(sink.calls).toEqual(['head', 'descriptor', 'bytes', 'end']);
    expect(sink.descriptors[0]).toMatchObject({
      name: descriptor.name,
      size: 200_000,
      signer: descriptor.signer,
    });
    expect(signer.verify(sink.descriptors[0] as Descriptor)).toBe(true);
  });

  it('an arriving object’s descriptor comes as soon as there is one, once, and before the end', async () => {
    const fill = fillOf(10);
    b.events.onServe = ({ reply }) => reply.send(headOf(10), fill, 0);
    a.port.fetch(fetchFrom(b), sink);
    await b.events.until(() => b.events.served.length === 1);
    fill.write(pattern(4));
    await sink.until(() => sink.received === 4);
    fill.descriptor = signed(pattern(10));
    fill.write(pattern(3, 4));
    await sink.until(() => sink.received === 7);
    expect(sink.calls).toEqual(['head', 'bytes', 'descriptor', 'bytes']);
    fill.write(pattern(3, 7));
    fill.end();
    await sink.until(() => sink.over);
    expect(sink.calls).toEqual(['head', 'bytes', 'descriptor', 'bytes', 'end']);
  });

  it('a descriptor that is known at the end is its trailer', async () => {
    const fill = fillOf(4);
    b.events.onServe = ({ reply }) => reply.send(headOf(4), fill, 0);
    a.port.fetch(fetchFrom(b), sink);
    await b.events.until(() => b.events.served.length === 1);
    fill.write(pattern(4));
    fill.descriptor = signed(pattern(4));
    fill.end();
    await sink.until(() => sink.over);
    expect(sink.calls.slice(-2)).toEqual(['descriptor', 'end']);
  });

  it('an object that turned out wrong is reset without blame for whoever relayed it', async () => {
    const fill = fillOf(4);
    b.events.onServe = ({ reply }) => reply.send(headOf(4), fill, 0);
    a.port.fetch(fetchFrom(b), sink);
    await b.events.until(() => b.events.served.length === 1);
    fill.write(pattern(2));
    fill.fail('corrupt', 'block 0 differs');
    await sink.until(() => sink.over);
    expect(sink.calls.at(-1)).toBe('fail declined');
  });
});
