// Bytes from a fill to a reader that is now and then full.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FillId } from '../../../agent/core/ports.ts';
import { Fill } from '../../../agent/edge/fill.ts';
import { Pump, type PumpRange, type PumpTarget } from '../../../agent/edge/pump.ts';
import { response } from './exchanges.ts';

class Reader implements PumpTarget {
  got: number[] = [];
  calls = 0;
  ends = 0;
  failed: number | undefined;
  full = false;
  onWrite: () => void = () => {};

  write(bytes: Uint8Array): boolean {
    this.calls += 1;
    this.got.push(...bytes);
    this.onWrite();
    return !this.full;
  }
  end(): void {
    this.ends += 1;
  }
  fail(_reason: string, sent: number): void {
    this.failed = sent;
  }
}

function open(size = -1): Fill {
  const fill = new Fill(1 as FillId, (bytes) => new Uint8Array(bytes), 1000);
  fill.begin({ ...response(200), size });
  return fill;
}

const ALL: PumpRange = { from: 0, to: Number.POSITIVE_INFINITY, writeBytesMax: 4 };
const bytes = (count: number, from = 0): Uint8Array =>
  Uint8Array.from({ length: count }, (_, at) => from + at);

describe('a pump', () => {
  test('gives what is there at once, in writes of bounded size, then what comes, then the end', () => {
    const fill = open();
    fill.write(bytes(6));
    const reader = new Reader();
    new Pump(fill, reader, ALL);
    expect([reader.calls, reader.got.length, reader.ends]).toEqual([2, 6, 0]);
    fill.write(bytes(1, 6));
    fill.end();
    expect([reader.got, reader.ends, fill.readers]).toEqual([[0, 1, 2, 3, 4, 5, 6], 1, 0]);
  });

  test('stops while the reader is full, and holds nobody up', () => {
    const fill = open();
    const reader = new Reader();
    reader.full = true;
    const pump = new Pump(fill, reader, ALL);
    fill.write(bytes(9));
    fill.end();
    expect([reader.got.length, reader.ends]).toEqual([4, 0]);
    reader.full = false;
    pump.drained();
    expect([reader.got.length, reader.ends]).toEqual([9, 1]);
  });

  test('goes on where a write drains the reader before it returns', () => {
    const fill = open();
    const reader = new Reader();
    reader.full = true;
    const pump: Pump = new Pump(fill, reader, ALL);
    reader.onWrite = () => pump.drained();
    fill.write(bytes(10));
    fill.end();
    expect([reader.got, reader.ends]).toEqual([[...bytes(10)], 1]);
  });

  test('ends with its range, before the fill does and though it fails', () => {
    const fill = open(9);
    const reader = new Reader();
    new Pump(fill, reader, { ...ALL, from: 2, to: 5 });
    fill.write(bytes(6));
    expect([reader.got, reader.ends, fill.readers]).toEqual([[2, 3, 4], 1, 0]);
    fill.fail('origin-broken', '');
    expect(reader.failed).toBeUndefined();
  });

  test('says after how many bytes the fill failed', () => {
    const fill = open(9);
    const reader = new Reader();
    new Pump(fill, reader, { ...ALL, from: 2, to: 9 });
    fill.write(bytes(6));
    fill.fail('origin-broken', '');
    expect([reader.failed, reader.ends, fill.readers]).toEqual([4, 0, 0]);
  });

  test('writes nothing more when the reader stops it in the middle of a write', () => {
    const fill = open();
    const reader = new Reader();
    const pump: Pump = new Pump(fill, reader, ALL);
    reader.onWrite = () => pump.stop();
    fill.write(bytes(9));
    fill.end();
    expect([reader.got.length, reader.ends, fill.readers]).toEqual([4, 0, 0]);
  });
});

test('whatever the order of bytes and drains, every byte arrives once and in order', () => {
  const step = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom('full' as const, 'drain' as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const fill = open();
      const reader = new Reader();
      const pump = new Pump(fill, reader, ALL);
      for (const each of steps) {
        if (typeof each === 'number') fill.write(bytes(each, fill.received));
        else reader.full = each === 'full';
        if (each === 'drain') pump.drained();
      }
      fill.end();
      reader.full = false;
      if (reader.ends === 0) pump.drained();
      expect([reader.got, reader.ends]).toEqual([Array.from(bytes(fill.received)), 1]);
    }),
  );
});
