// The slab of one object: what readers see of it while it grows.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FillId } from '../../../agent/core/ports.ts';
import { Fill } from '../../../agent/edge/fill.ts';
import { response } from './exchanges.ts';

const MAX = 1000;

function filling(size: number): { fill: Fill; allocated: number[] } {
  const allocated: number[] = [];
  const allocate = (bytes: number): Uint8Array => {
    allocated.push(bytes);
    // Not cleared: what was never written must never be read.
    return new Uint8Array(bytes).fill(0xee);
  };
  const fill = new Fill(1 as FillId, allocate, MAX);
  fill.begin({ ...response(200), size });
  return { fill, allocated };
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('a fill', () => {
  test('of a known size takes memory once, and hands the same over as the whole', () => {
    const { fill, allocated } = filling(4);
    expect(fill.write(bytes(1, 2))).toBe(true);
    expect(fill.write(bytes(3, 4))).toBe(true);
    expect(fill.end()).toBe(true);
    expect([...fill.whole()]).toEqual([1, 2, 3, 4]);
    expect(allocated).toEqual([4]);
  });

  test('refuses a byte more than announced, and keeps what it had', () => {
    const { fill } = filling(2);
    fill.write(bytes(1, 2));
    expect(fill.write(bytes(3))).toBe(false);
    expect([fill.received, ...fill.view(0, 9)]).toEqual([2, 1, 2]);
  });

  test('refuses to end early', () => {
    const { fill } = filling(2);
    fill.write(bytes(1));
    expect(fill.end()).toBe(false);
    expect(fill.state.phase).toBe('receiving');
  });

  test('of unknown size refuses more than the largest object', () => {
    const { fill } = filling(-1);
    expect(fill.write(new Uint8Array(MAX))).toBe(true);
    expect(fill.write(bytes(1))).toBe(false);
    expect(fill.end()).toBe(true);
    expect(fill.whole()).toHaveLength(MAX);
  });

  test('takes no memory for an announced size above the largest object', () => {
    expect(filling(MAX + 1).allocated).toEqual([]);
  });

  test('of no bytes has an empty whole', () => {
    for (const size of [0, -1]) {
      const { fill } = filling(size);
      expect(fill.end()).toBe(true);
      expect(fill.whole()).toHaveLength(0);
    }
  });

  test('copies what it is given: the source may use its buffer again', () => {
    const { fill } = filling(2);
    const buffer = bytes(1, 2);
    fill.write(buffer);
    buffer.fill(9);
    expect([...fill.view(0, 2)]).toEqual([1, 2]);
  });

  test('begins anew as if nothing had been, and not under a reader', () => {
    const { fill } = filling(2);
    fill.write(bytes(7, 7));
    fill.restart();
    expect([fill.state.phase, fill.received, fill.view(0, 9).length]).toEqual(['waiting', 0, 0]);
    fill.begin({ ...response(200), size: 1 });
    fill.attach({ onProgress: () => {} });
    expect(() => fill.restart()).toThrow();
  });

  test('stays as it ended: a failure after the end changes nothing', () => {
    const { fill } = filling(0);
    fill.end();
    fill.fail('origin-broken', '');
    expect(fill.state.phase).toBe('complete');
  });

  test('tells its readers of bytes, end and failure until they detach, also while it tells', () => {
    const { fill } = filling(-1);
    const told: string[] = [];
    const reader = (name: string, then: () => void = () => {}) => ({
      onProgress: () => {
        told.push(name);
        then();
      },
    });
    const b = reader('b');
    const a = reader('a', () => fill.detach(b));
    fill.attach(a);
    fill.attach(b);
    fill.write(bytes(1));
    fill.fail('silent', '');
    expect(told).toEqual(['a', 'a']);
    expect(fill.readers).toBe(1);
  });
});

test('views never change, however the slab grows behind them', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 90 }), { maxLength: 10 }),
      (sized, chunks) => {
        const all = chunks.flatMap((chunk) => [...chunk]);
        const { fill } = filling(sized ? all.length : -1);
        const views: { from: number; view: Uint8Array }[] = [];
        for (const chunk of chunks) {
          expect(fill.write(chunk)).toBe(true);
          for (const from of [0, fill.received >> 1])
            views.push({ from, view: fill.view(from, fill.received) });
        }
        expect(fill.end()).toBe(true);
        expect([...fill.whole()]).toEqual(all);
        for (const { from, view } of views) expect([...view]).toEqual(all.slice(from, from + view.length));
      },
    ),
  );
});
