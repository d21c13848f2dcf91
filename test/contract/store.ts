// What every StorePort keeps to, whatever it stores in.

import { expect, test } from 'vitest';
import { type Counts, newCounts } from '../../agent/core/counters.ts';
import type { StoredResponse, StorePort } from '../../agent/edge/ports.ts';
import type { SegmentName } from '../../agent/wire/ids.ts';

export interface StoreUnderTest {
  /** Holds `bytesMax` with bookkeeping; refuses entries above `entryBytesMax`. */
  open(limits: { bytesMax: number; entryBytesMax: number }, counts: Counts): StorePort;
}

export function stored(body: Uint8Array, over: Partial<StoredResponse> = {}): StoredResponse {
  return {
    name: 'o/segment.ts' as SegmentName,
    status: 200,
    headers: [['content-type', 'video/mp2t']],
    body,
    bornMs: 1000,
    lifetimeMs: 60_000,
    staleWhileRevalidateMs: 0,
    staleIfErrorMs: 0,
    mustRevalidate: false,
    vary: [],
    source: 'origin',
    ...over,
  };
}

const KIB = 1024;

export function storeContract({ open }: StoreUnderTest): void {
  const roomy = { bytesMax: 1024 * KIB, entryBytesMax: 512 * KIB };

  test('gives back what was set, every field and byte, and nothing for a key never set', () => {
    const store = open(roomy, newCounts());
    const response = stored(Uint8Array.of(1, 2, 3), {
      status: 404,
      vary: [['accept', 'text/*']],
      source: 'peer',
    });
    expect(store.set('a', response)).toBe(true);
    expect(store.get('a')).toEqual(response);
    expect(store.get('b')).toBeUndefined();
  });

  test('replaces under one key without counting the old bytes', () => {
    const store = open(roomy, newCounts());
    store.set('a', stored(new Uint8Array(64 * KIB)));
    const bytes = store.bytes;
    const next = stored(new Uint8Array(64 * KIB), { bornMs: 2000 });
    store.set('a', next);
    expect(store.get('a')?.bornMs).toBe(2000);
    expect(store.count).toBe(1);
    expect(store.bytes).toBe(bytes);
  });

  test('keeps an entry whose lifetime is long over: expiry is the reader’s to judge', () => {
    const store = open(roomy, newCounts());
    store.set('a', stored(new Uint8Array(1), { bornMs: 0, lifetimeMs: 0 }));
    expect(store.get('a')?.lifetimeMs).toBe(0);
  });

  test('deletes, and deletes what is not there without complaint', () => {
    const store = open(roomy, newCounts());
    store.set('a', stored(new Uint8Array(10)));
    store.delete('a');
    store.delete('never');
    expect(store.get('a')).toBeUndefined();
    expect([store.count, store.bytes]).toEqual([0, 0]);
  });

  test('counts bookkeeping: empty bodies cannot fill the memory for nothing', () => {
    const store = open(roomy, newCounts());
    store.set('a', stored(new Uint8Array(0)));
    expect(store.bytes).toBeGreaterThan(100);
  });

  test('evicts the least recently used when the bytes are used up, and never holds more', () => {
    const counts = newCounts();
    const store = open({ bytesMax: 256 * KIB, entryBytesMax: 128 * KIB }, counts);
    for (const key of ['a', 'b', 'c']) store.set(key, stored(new Uint8Array(80 * KIB)));
    store.get('a');
    store.set('d', stored(new Uint8Array(80 * KIB)));
    expect(store.get('b')).toBeUndefined();
    expect(['a', 'c', 'd'].map((key) => store.get(key) !== undefined)).toEqual([true, true, true]);
    expect(store.bytes).toBeLessThanOrEqual(256 * KIB);
    expect(counts['store.admitted']).toBe(4);
    expect(counts['store.evicted']).toBe(1);
  });

  test('counts a replacement and a deletion as no eviction', () => {
    const counts = newCounts();
    const store = open(roomy, counts);
    store.set('a', stored(new Uint8Array(1)));
    store.set('a', stored(new Uint8Array(2)));
    store.delete('a');
    expect(counts['store.evicted']).toBe(0);
  });

  test('refuses an entry above the largest allowed, and drops what it was to replace', () => {
    const counts = newCounts();
    const store = open({ bytesMax: 256 * KIB, entryBytesMax: 64 * KIB }, counts);
    store.set('a', stored(new Uint8Array(10)));
    store.set('b', stored(new Uint8Array(10)));
    expect(store.set('a', stored(new Uint8Array(64 * KIB)))).toBe(false);
    expect(store.get('a')).toBeUndefined();
    expect(store.get('b')).toBeDefined();
    expect(counts['store.refused']).toBe(1);
    expect(counts['store.admitted']).toBe(2);
  });

  test('takes one entry of all its bytes when that is allowed, and refuses a byte more', () => {
    const store = open({ bytesMax: 64 * KIB, entryBytesMax: 1024 * KIB }, newCounts());
    store.set('a', stored(new Uint8Array(0)));
    const room = 64 * KIB - store.bytes;
    expect(store.set('a', stored(new Uint8Array(room)))).toBe(true);
    expect(store.bytes).toBe(64 * KIB);
    expect(store.set('a', stored(new Uint8Array(room + 1)))).toBe(false);
  });
}
