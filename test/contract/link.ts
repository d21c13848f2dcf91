// What every LinkPort must do, whatever carries it: run on TLS and on the in-memory twin.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LinkTiming } from '../../agent/adapters/link/limits.ts';
import type { Counts } from '../../agent/core/counters.ts';
import type { FillId } from '../../agent/core/ports.ts';
import { Fill } from '../../agent/edge/fill.ts';
import type { LinkPort, PeerHead, PeerRequest } from '../../agent/edge/ports.ts';
import type { AgentId, SegmentName } from '../../agent/wire/ids.ts';
import type { ControlMessage, ResetReason } from '../../agent/wire/message.ts';
import type { AgentRecord } from '../../agent/wire/record.ts';
import { type RecordingEvents, RecordingSink } from './link-recorder.ts';

export interface LinkAgent {
  readonly id: AgentId;
  /** Signed, with the address that it listens on. */
  readonly record: AgentRecord;
  readonly port: LinkPort;
  readonly events: RecordingEvents;
  readonly counts: Counts;
}

export interface LinkWorld {
  agent(options?: { readonly timing?: Partial<LinkTiming>; readonly outbound?: boolean }): Promise<LinkAgent>;
  /** Makes agents stop and gives everything back. */
  end(): Promise<void>;
}

export const closed = (port: LinkPort): Promise<void> => new Promise((resolve) => port.close(resolve));
export const probe = (seq: number): ControlMessage => ({ kind: 'probe', seq, rumours: [] });
export const headOf = (size: number): PeerHead => ({
  status: 200,
  headers: [['content-type', 'video/mp4']],
  size,
  ageMs: 1500,
});

export function fetchFrom(peer: LinkAgent, over: Partial<PeerRequest> = {}, firstSignMs = 5000): PeerRequest {
  return {
    name: 'origin /a.m4s' as SegmentName,
    target: '/a.m4s?x=1',
    source: { peer: peer.record, tier: 0, chain: [], avoid: [], firstSignMs },
    offset: 0,
    ifMatch: '',
    deadlineMs: 0,
    headers: [['accept', '*/*']],
    ...over,
  };
}

/** A fill that receives `size` bytes, each its own offset's lowest byte. */
export function fillOf(size: number, announced = size): Fill {
  const fill = new Fill(1 as FillId, (bytes) => new Uint8Array(bytes), Math.max(size, announced, 1));
  fill.begin({ status: 200, headers: [], size: announced, delayMs: 0 });
  return fill;
}
export const pattern = (size: number, from = 0): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => from + i);

export function linkContract(named: string, open: () => Promise<LinkWorld>): void {
  describe(named, () => {
    let world: LinkWorld;
    let a: LinkAgent;
    let b: LinkAgent;
    beforeEach(async () => {
      world = await open();
      [a, b] = [await world.agent(), await world.agent()];
    });
    afterEach(() => world.end());

    describe('messages', () => {
      it('arrive in the order in which they were sent, from the agent that sent them', async () => {
        const seqs = Array.from({ length: 500 }, (_, seq) => seq);
        for (const seq of seqs) a.port.send(b.record, probe(seq));
        await b.events.until(() => b.events.messages.length === seqs.length);
        expect(b.events.messages.map(({ message }) => 'seq' in message && message.seq)).toEqual(seqs);
        expect(b.events.messages.every(({ from }) => from === a.id)).toBe(true);
        expect(a.counts['control_messages.sent']).toBe(500);
        expect(b.counts['control_messages.received']).toBe(500);
      });

      it('reach a seed whose id is not known, and are answered by id', async () => {
        a.port.send({ id: undefined, link: b.record.link }, { kind: 'join', record: a.record });
        await b.events.until(() => b.events.messages.length === 1);
        expect(b.events.messages[0]?.from).toBe(a.id);
        expect(b.events.messages[0]?.message).toMatchObject({
          kind: 'join',
          record: { link: a.record.link },
        });
        b.port.send({ id: a.id, link: a.record.link }, { kind: 'referral', contacts: [b.record] });
        await a.events.until(() => a.events.messages.length === 1);
        expect(a.events.messages[0]?.from).toBe(b.id);
      });

      it('reach an outbound agent over the link that it opened', async () => {
        const outbound = await world.agent({ outbound: true });
        const contact = { id: outbound.id, link: '' };
        b.port.send(contact, probe(1));
        await b.events.until(() => b.events.brokenPeers.includes(outbound.id));
        outbound.port.send(b.record, probe(2));
        await b.events.until(() => b.events.messages.length === 1);
        b.port.send(contact, probe(3));
        await outbound.events.until(() => outbound.events.messages.length === 1);
        expect(outbound.events.messages[0]?.message).toMatchObject({ seq: 3 });
      });

      it('all arrive when both sides dial at once, now and later', async () => {
        for (let seq = 0; seq < 10; seq += 1) {
          a.port.send(b.record, probe(seq));
          b.port.send(a.record, probe(seq));
        }
        const both = (count: number): Promise<unknown> =>
          Promise.all([a, b].map(({ events }) => events.until(() => events.messages.length === count)));
        await both(10);
        a.port.send(b.record, probe(10));
        b.port.send(a.record, probe(10));
        await both(11);
        expect([...a.events.brokenPeers, ...b.events.brokenPeers]).toEqual([]);
      });

      it('to oneself are dropped without harm', async () => {
        a.port.send({ id: undefined, link: a.record.link }, probe(1));
        a.port.send(b.record, probe(2));
        await b.events.until(() => b.events.messages.length === 1);
        expect(a.events.messages).toEqual([]);
        expect(a.counts['rejected.link']).toBe(0);
      });

      it('with a record that another agent signed are rejected, counted and not handed on', async () => {
        const record = { ...b.record, proof: { ...b.record.proof, signature: a.record.proof.signature } };
        a.port.send(b.record, { kind: 'join', record });
        await a.events.until(() => a.events.brokenPeers.length === 1);
        expect(b.counts['rejected.record']).toBe(1);
        expect(b.events.messages).toEqual([]);
      });
    });

    describe('a broken peer', () => {
      it('is reported when it cannot be reached, after the call', async () => {
        await closed(b.port);
        a.port.send(b.record, probe(1));
        expect(a.events.brokenPeers).toEqual([]);
        await a.events.until(() => a.events.brokenPeers.length === 1);
        a.port.send(b.record, probe(2));
        expect(a.events.brokenPeers).toEqual([b.id]);
        await a.events.until(() => a.events.brokenPeers.length === 2);
      });

      it('is reported when its link closes', async () => {
        a.port.send(b.record, probe(1));
        await b.events.until(() => b.events.messages.length === 1);
        await closed(b.port);
        await a.events.until(() => a.events.brokenPeers.length === 1);
        expect(a.events.brokenPeers).toEqual([b.id]);
      });

      it('fails its fetches as unreachable, under way or new', async () => {
        b.events.onServe = ({ reply }) => reply.filling();
        const [before, after] = [new RecordingSink(), new RecordingSink()];
        a.port.fetch(fetchFrom(b), before);
        await before.until(() => before.calls.length === 1);
        await closed(b.port);
        await before.until(() => before.over);
        a.port.fetch(fetchFrom(b), after);
        expect(after.calls).toEqual([]);
        await after.until(() => after.over);
        expect([before.calls, after.calls]).toEqual([['filling', 'fail unreachable'], ['fail unreachable']]);
        await a.events.until(() => a.events.brokenPeers.includes(b.id));
      });
    });

    describe('a fetch', () => {
      it('tells the server everything that was asked', async () => {
        const request = fetchFrom(b, { offset: 7, ifMatch: '"v1"', deadlineMs: 900 });
        const source = { ...request.source, tier: 2, chain: [a.id], avoid: [b.id] };
        a.port.fetch({ ...request, source }, new RecordingSink());
        await b.events.until(() => b.events.served.length === 1);
        expect(b.events.served[0]?.from).toBe(a.id);
        expect(b.events.served[0]?.fetch).toMatchObject({
          name: 'origin /a.m4s',
          target: '/a.m4s?x=1',
          tier: 2,
          chain: [a.id],
          avoid: [b.id],
          offset: 7,
          ifMatch: '"v1"',
          deadlineMs: 900,
          headers: [['accept', '*/*']],
        });
      });

      it('brings a stored object, its head first', async () => {
        const body = pattern(300_000);
        b.events.onServe = ({ reply }) => reply.send(headOf(body.length), storedFill(body), 0);
        const sink = new RecordingSink();
        a.port.fetch(fetchFrom(b), sink);
        await sink.until(() => sink.over);
        expect(sink.calls).toEqual(['head', 'bytes', 'end']);
        expect(sink.body().equals(body)).toBe(true);
        expect(sink.responseHead).toMatchObject({ status: 200, size: body.length });
        expect(sink.responseHead?.headers).toEqual([['content-type', 'video/mp4']]);
        expect(sink.responseHead?.delayMs).toBeGreaterThanOrEqual(1500);
        expect(a.counts.peer_received_bytes).toBe(body.length);
        expect(b.counts.peer_sent_bytes).toBe(body.length);
      });

      it('brings an empty object', async () => {
        b.events.onServe = ({ reply }) => reply.send(headOf(0), storedFill(new Uint8Array(0)), 0);
        const sink = new RecordingSink();
        a.port.fetch(fetchFrom(b), sink);
        await sink.until(() => sink.over);
        expect(sink.calls).toEqual(['head', 'end']);
      });

      it('goes on from the byte that was asked for', async () => {
        const body = pattern(1000);
        b.events.onServe = ({ reply, fetch }) => reply.send(headOf(1000), storedFill(body), fetch.offset);
        const sink = new RecordingSink();
        a.port.fetch(fetchFrom(b, { offset: 900 }), sink);
        await sink.until(() => sink.over);
        expect(sink.body().equals(body.subarray(900))).toBe(true);
        expect(sink.responseHead?.size).toBe(1000);
      });

      it('brings bytes of an object that the server is still receiving', async () => {
        const fill = fillOf(5, -1);
        b.events.onServe = ({ reply }) => {
          reply.filling();
          reply.send(headOf(-1), fill, 0);
        };
        const sink = new RecordingSink();
        a.port.fetch(fetchFrom(b), sink);
        await b.events.until(() => b.events.served.length === 1);
        fill.write(Buffer.from('he'));
        await sink.until(() => sink.received === 2);
        expect(sink.calls).toEqual(['filling', 'head', 'bytes']);
        expect(sink.responseHead?.size).toBe(-1);
        fill.write(Buffer.from('llo'));
        fill.end();
        await sink.until(() => sink.over);
        expect(sink.body().toString()).toBe('hello');
      });

      it('that the server loses half-way is told why', async () => {
        const fill = fillOf(10);
        b.events.onServe = ({ reply }) => reply.send(headOf(10), fill, 0);
        const sink = new RecordingSink();
        a.port.fetch(fetchFrom(b), sink);
        await b.events.until(() => b.events.served.length === 1);
        fill.write(Buffer.from('half'));
        fill.fail('origin-broken', 'cut');
        await sink.until(() => sink.over);
        expect(sink.calls).toEqual(['head', 'bytes', 'fail origin-failed']);
      });

      const failures: [ResetReason, string][] = [
        ['stale-view', 'stale-view'],
        ['busy', 'declined'],
        ['draining', 'declined'],
        ['too-large', 'too-large'],
        ['changed', 'declined'],
        ['internal', 'declined'],
        ['origin-failed', 'origin-failed'],
        ['origin-timeout', 'origin-failed'],
        ['origin-refused', 'origin-failed'],
      ];
      it.each(failures)('that is reset with %s fails as %s', async (reason, failure) => {
        b.events.onServe = ({ reply }) => reply.reset(reason);
        const sink = new RecordingSink();
        a.port.fetch(fetchFrom(b), sink);
        await sink.until(() => sink.over);
        expect(sink.calls).toEqual([`fail ${failure}`]);
        expect(a.events.brokenPeers).toEqual([]);
      });

      it('with a header that the wire does not carry fails alone', async () => {
        const [large, small] = [new RecordingSink(), new RecordingSink()];
        b.events.onServe = ({ reply }) => reply.reset('busy');
        a.port.fetch(fetchFrom(b), small);
        a.port.fetch(fetchFrom(b, { headers: [['x', 'y'.repeat(9000)]] }), large);
        await Promise.all([large, small].map((sink) => sink.until(() => sink.over)));
        expect(large.calls).toEqual(['fail declined']);
        expect(b.events.served).toHaveLength(1);
        expect(b.counts['rejected.link']).toBe(0);
      });

      it('whose head the wire does not carry is told so, and the server let go', async () => {
        const head = { ...headOf(1), headers: [['x', 'y'.repeat(9000)]] as const };
        b.events.onServe = ({ reply }) => reply.send(head, storedFill(pattern(1)), 0);
        const sink = new RecordingSink();
        a.port.fetch(fetchFrom(b), sink);
        await sink.until(() => sink.over);
        expect(sink.calls).toEqual(['fail too-large']);
        await b.events.until(() => b.events.served[0]?.cancelled === true);
      });
    });

    describe('a cancelled fetch', () => {
      it('calls its sink no more, tells the server, and leaves the link in step', async () => {
        const fill = fillOf(400_000);
        b.events.onServe = ({ reply }) => reply.send(headOf(400_000), fill, 0);
        const [first, second] = [new RecordingSink(), new RecordingSink()];
        const cancel = a.port.fetch(fetchFrom(b), first);
        await b.events.until(() => b.events.served.length === 1);
        fill.write(pattern(200_000));
        await first.until(() => first.received > 0);
        cancel();
        cancel();
        const calls = first.calls.length;
        await b.events.until(() => b.events.served[0]?.cancelled === true);
        fill.write(pattern(200_000));
        fill.end();
        expect(fill.readers).toBe(0);
        a.port.fetch(fetchFrom(b), second);
        await second.until(() => second.over);
        expect(second.received).toBe(400_000);
        expect(first.calls.length).toBe(calls);
      });

      it('is quiet when it is cancelled at once', async () => {
        b.events.onServe = ({ reply }) => reply.reset('busy');
        const [first, second] = [new RecordingSink(), new RecordingSink()];
        a.port.fetch(fetchFrom(b), first)();
        a.port.fetch(fetchFrom(b), second);
        await second.until(() => second.over);
        expect(first.calls).toEqual([]);
      });
    });

    describe('silence', () => {
      it('before the first sign fails the fetch in the time that its source gives', async () => {
        const sink = new RecordingSink();
        a.port.fetch(fetchFrom(b, {}, 30), sink);
        await sink.until(() => sink.over);
        expect(sink.calls).toEqual(['fail silent']);
        await b.events.until(() => b.events.served[0]?.cancelled === true);
      });

      it('after a promise or half-way fails the fetch in the time of the link', async () => {
        const hasty = await world.agent({ timing: { silenceMs: 60 } });
        const fill = fillOf(10);
        b.events.onServe = ({ reply, fetch }) => {
          reply.filling();
          if (fetch.offset === 1) reply.send(headOf(10), fill, 0);
        };
        const [promised, started] = [new RecordingSink(), new RecordingSink()];
        hasty.port.fetch(fetchFrom(b), promised);
        hasty.port.fetch(fetchFrom(b, { offset: 1 }), started);
        await Promise.all([promised, started].map((sink) => sink.until(() => sink.over)));
        expect(promised.calls).toEqual(['filling', 'fail silent']);
        expect(started.calls).toEqual(['filling', 'head', 'fail silent']);
      });
    });

    describe('several fetches', () => {
      it('of one link take turns: a small object does not wait behind a large one', async () => {
        const [large, small] = [pattern(3_000_000), pattern(1000)];
        b.events.onServe = ({ reply, fetch }) => {
          const body = fetch.target === '/large' ? large : small;
          reply.send(headOf(body.length), storedFill(body), 0);
        };
        const [first, second] = [new RecordingSink(), new RecordingSink()];
        a.port.fetch(fetchFrom(b, { target: '/large' }), first);
        a.port.fetch(fetchFrom(b, { target: '/small' }), second);
        await second.until(() => second.over);
        expect(first.over).toBe(false);
        await first.until(() => first.over);
        expect(first.body().equals(large)).toBe(true);
        expect(second.body().equals(small)).toBe(true);
      });

      it('beyond 64 at a time are answered busy, and places come free again', async () => {
        const sinks = Array.from({ length: 65 }, () => new RecordingSink());
        for (const sink of sinks) a.port.fetch(fetchFrom(b), sink);
        await sinks[64]?.until(() => sinks[64]?.over === true);
        expect(sinks[64]?.calls).toEqual(['fail declined']);
        expect(b.events.served).toHaveLength(64);
        b.events.served[0]?.reply.reset('internal');
        await sinks[0]?.until(() => sinks[0]?.over === true);
        const late = new RecordingSink();
        a.port.fetch(fetchFrom(b), late);
        await b.events.until(() => b.events.served.length === 65);
        expect(late.calls).toEqual([]);
      });
    });

    it('is quiet after close: no more events, and what is asked of it fails', async () => {
      const sink = new RecordingSink();
      await closed(a.port);
      a.port.send(b.record, probe(1));
      a.port.fetch(fetchFrom(b), sink);
      await sink.until(() => sink.over);
      expect(sink.calls).toEqual(['fail unreachable']);
      expect(a.events.brokenPeers).toEqual([]);
    });
  });
}

export function storedFill(body: Uint8Array): Fill {
  return Fill.of(1 as FillId, { status: 200, headers: [], size: body.length, delayMs: 0 }, body);
}
