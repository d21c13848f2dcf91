// A fetch that is answered with the way to another agent, on both kinds of links.
import { describe, expect, it } from 'vitest';
import type { RingId } from '../../agent/wire/ids.ts';
import { fetchFrom } from './link.ts';
import { RecordingSink } from './link-recorder.ts';
import { MemoryWorld, TlsWorld } from './link-worlds.ts';

const worlds = { TLS: () => TlsWorld.open(), memory: async () => new MemoryWorld() };

describe.each(Object.entries(worlds))('over %s', (_, open) => {
  it('a fetch of another’s segment is redirected, with the rosters that lead to its home', async () => {
    const world = await open();
    const [a, b] = [await world.agent(), await world.agent()];
    const ring = '0|eu|abcd1234' as RingId;
    const seat = { ring, size: 40, contacts: [{ id: b.id, link: '' }] };
    const rosters = [
      { ring: '1|eu|abcd1234' as RingId, members: [], seats: [seat] },
      { ring, members: [{ id: a.id, link: '127.0.0.1:7000', weight: 3 }], seats: [] },
    ];
    b.events.onServe = ({ reply }) => reply.redirect(rosters);
    // Twice: the number is free again, and the link goes on.
    for (let turn = 0; turn < 2; turn += 1) {
      const sink = new RecordingSink();
      a.port.fetch(fetchFrom(b), sink);
      await sink.until(() => sink.over);
      expect(sink.calls).toEqual(['redirected']);
      expect(sink.rosters).toEqual(rosters);
    }
    expect(a.events.brokenPeers).toEqual([]);
    await world.end();
  });
});
