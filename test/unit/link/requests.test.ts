// The asking side keeps count of what the peer still owes: numbers of transfers, cancelled ones, and time.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANCELLED_PER_LINK_MAX } from '../../../agent/adapters/link/limits.ts';
import { Requests } from '../../../agent/adapters/link/requests.ts';
import { newCounts } from '../../../agent/core/counters.ts';
import type { Cancel, PeerRequest } from '../../../agent/edge/ports.ts';
import type { Descriptor } from '../../../agent/wire/descriptor.ts';
import type { SegmentName } from '../../../agent/wire/ids.ts';
import type { Cancel as CancelFetch, Fetch } from '../../../agent/wire/message.ts';
import { RecordingSink } from '../../contract/link-recorder.ts';
import { claimOf, someId } from '../wire/example.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const request: PeerRequest = {
  name: 'o /a' as SegmentName,
  target: '/a',
  source: { peer: claimOf(someId(1)), tier: 0, chain: [], avoid: [], firstSignMs: 100 },
  offset: 0,
  ifMatch: '',
  deadlineMs: 0,
  headers: [],
};

function bench(): {
  readonly requests: Requests;
  readonly sent: (Fetch | CancelFetch)[];
  readonly silences: number[];
  sends: boolean;
} {
  const sent: (Fetch | CancelFetch)[] = [];
  const silences: number[] = [];
  const side = { sent, silences, sends: true };
  const requests = new Requests({
    send: (message) => {
      if (side.sends) sent.push(message);
      return side.sends;
    },
    onSilence: () => void silences.push(Date.now()),
    counts: newCounts(),
    silenceMs: 1000,
  });
  return Object.assign(side, { requests });
}
const descriptor: Descriptor = {
  name: 'o /a' as SegmentName,
  status: 200,
  size: 0,
  tag: '',
  sha256: new Uint8Array(32),
  blockHash: 'sha256',
  blockBytes: 65_536,
  blocks: new Uint8Array(0),
  fetchedMs: 0,
  signer: someId(1),
  proof: { body: new Uint8Array(0), signature: new Uint8Array(64), certificate: new Uint8Array(0) },
};
const head = (id: number) => ({ kind: 'head', id, status: 200, size: 3, ageMs: 0, headers: [] }) as const;

describe('the clock of a fetch', () => {
  it('gives up without a sign of life, and tells the peer', () => {
    const { requests, sent, silences } = bench();
    const sink = new RecordingSink();
    requests.fetch(request, sink);
    vi.advanceTimersByTime(99);
    expect(sink.calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sink.calls).toEqual(['fail silent']);
    expect(sent.map(({ kind }) => kind)).toEqual(['fetch', 'cancel']);
    expect(silences).toHaveLength(1);
  });

  it('starts again with every sign, and is longer after the first', () => {
    const { requests } = bench();
    const sink = new RecordingSink();
    requests.fetch(request, sink);
    const signs = [
      () => requests.message({ kind: 'filling', id: 1 }),
      () => requests.message(head(1)),
      () => requests.piece(1, Uint8Array.of(1)),
      () => requests.piece(1, Uint8Array.of(2)),
    ];
    vi.advanceTimersByTime(99);
    for (const sign of signs) {
      expect(sign()).toBeUndefined();
      vi.advanceTimersByTime(999);
    }
    expect(sink.failure).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(sink.calls).toEqual(['filling', 'head', 'bytes', 'fail silent']);
  });

  it('stops with the transfer', () => {
    const { requests } = bench();
    const sink = new RecordingSink();
    requests.fetch(request, sink);
    requests.message(head(1));
    requests.message({ kind: 'end', id: 1 });
    vi.advanceTimersByTime(10_000);
    expect(sink.calls).toEqual(['head', 'end']);
    expect(vi.getTimerCount()).toBe(0);
    expect(requests.idle).toBe(true);
  });
});

describe('a number', () => {
  it('is not spoken of before its fetch nor after its end', () => {
    const { requests } = bench();
    expect(requests.message({ kind: 'end', id: 1 })).toBe('unexpected');
    requests.fetch(request, new RecordingSink());
    requests.message({ kind: 'reset', id: 1, reason: 'busy' });
    expect(requests.message({ kind: 'reset', id: 1, reason: 'busy' })).toBe('unexpected');
    expect(requests.piece(1, Uint8Array.of(1))).toBe('unexpected');
  });

  it('is spoken of after a cancel, until its end', () => {
    const { requests } = bench();
    const sink = new RecordingSink();
    requests.fetch(request, sink)();
    expect(requests.idle).toBe(false);
    expect(requests.message(head(1))).toBeUndefined();
    expect(requests.piece(1, Uint8Array.of(1))).toBeUndefined();
    expect(requests.message({ kind: 'end', id: 1 })).toBeUndefined();
    expect(requests.message({ kind: 'end', id: 1 })).toBe('unexpected');
    expect(sink.calls).toEqual([]);
    expect(requests.idle).toBe(true);
  });

  it('is not given twice while the first is in use', () => {
    const { requests, sent } = bench();
    for (let i = 0; i < 100; i += 1) requests.fetch(request, new RecordingSink());
    expect(new Set(sent.map(({ id }) => id)).size).toBe(100);
  });
});

describe('a descriptor', () => {
  const described = (id: number) => ({ kind: 'descriptor', id, descriptor }) as const;

  it('is taken once, between the head and the end', () => {
    const { requests } = bench();
    const sink = new RecordingSink();
    requests.fetch(request, sink);
    expect(requests.message(described(1))).toBe('unexpected');
    requests.message(head(1));
    expect(requests.message(described(1))).toBeUndefined();
    expect(requests.message(described(1))).toBe('unexpected');
    requests.message({ kind: 'end', id: 1 });
    expect(requests.message(described(1))).toBe('unexpected');
    expect(sink.calls).toEqual(['head', 'descriptor', 'end']);
  });

  it('after a cancel is passed over, and is not the end', () => {
    const { requests } = bench();
    requests.fetch(request, new RecordingSink())();
    expect(requests.message(described(1))).toBeUndefined();
    expect(requests.message({ kind: 'end', id: 1 })).toBeUndefined();
  });
});

describe('a fetch', () => {
  it('that cannot leave fails, after the call and not after its cancel', () => {
    const side = bench();
    side.sends = false;
    const [failed, cancelled] = [new RecordingSink(), new RecordingSink()];
    side.requests.fetch(request, failed);
    side.requests.fetch(request, cancelled)();
    expect(failed.calls).toEqual([]);
    vi.runAllTimers();
    expect(failed.calls).toEqual(['fail declined']);
    expect(cancelled.calls).toEqual([]);
    expect(side.requests.idle).toBe(true);
  });

  it('is declined when the peer owes the end of too many cancelled ones', () => {
    const { requests, sent } = bench();
    for (let i = 0; i < CANCELLED_PER_LINK_MAX; i += 1) requests.fetch(request, new RecordingSink())();
    const sink = new RecordingSink();
    requests.fetch(request, sink);
    vi.runAllTimers();
    expect(sink.calls).toEqual(['fail declined']);
    expect(sent).toHaveLength(2 * CANCELLED_PER_LINK_MAX);
    requests.message({ kind: 'end', id: 1 });
    requests.fetch(request, new RecordingSink());
    expect(sent).toHaveLength(2 * CANCELLED_PER_LINK_MAX + 1);
  });

  it('may be cancelled by its own sink, and others by it', () => {
    const { requests, sent } = bench();
    const cancels: Cancel[] = [];
    const sink = new RecordingSink();
    sink.head = () => {
      for (const cancel of cancels) cancel();
    };
    const other = new RecordingSink();
    cancels.push(requests.fetch(request, sink), requests.fetch(request, other));
    requests.message(head(1));
    requests.broken('gone');
    expect([...sink.calls, ...other.calls]).toEqual([]);
    expect(sent.map(({ kind }) => kind)).toEqual(['fetch', 'fetch', 'cancel', 'cancel']);
  });

  it('fails as unreachable with its link', () => {
    const { requests } = bench();
    const sinks = [new RecordingSink(), new RecordingSink()];
    for (const sink of sinks) requests.fetch(request, sink);
    requests.broken('gone');
    expect(sinks.map(({ calls }) => calls)).toEqual([['fail unreachable'], ['fail unreachable']]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
