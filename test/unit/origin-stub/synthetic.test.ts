// Synthetic objects and encrypted ones: bytes that anyone can compute.
import { createDecipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encryptSegment, initializationVector, key } from '../../../origin-stub/aes.ts';
import { syntheticBytes, syntheticResource } from '../../../origin-stub/synthetic.ts';

describe('a synthetic object', () => {
  it('has the same bytes in any piece as in the whole', () => {
    const object = { size: 1000, name: 'a' };
    const all = syntheticBytes(object, 0, 1000);
    expect(all).toHaveLength(1000);
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), (one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        expect(syntheticBytes(object, start, end).equals(all.subarray(start, end))).toBe(true);
      }),
    );
  });

  it('keeps its bytes from version to version', () => {
    expect(syntheticBytes({ size: 1000, name: 'a' }, 0, 8).toString('hex')).toBe('470c3c7c13373379');
  });

  it('reaches far into a huge object at no cost, past 32 bits of blocks too', () => {
    const object = { size: 2 ** 40, name: 'a' };
    const at = 2 ** 36 + 5;
    const pair = syntheticBytes(object, at, at + 40);
    expect(pair.subarray(11).equals(syntheticBytes(object, at + 11, at + 40))).toBe(true);
    expect(pair.equals(syntheticBytes(object, 5, 45))).toBe(false);
  });

  it('is larger than one piece of keystream and still whole', () => {
    const object = { size: 5_000_000, name: 'a' };
    const all = syntheticBytes(object, 0, object.size);
    expect(all.subarray(4_999_000).equals(syntheticBytes(object, 4_999_000, 5_000_000))).toBe(true);
  });

  it('differs by name and by size, in bytes and in ETag', () => {
    const seen = [
      { size: 1000, name: 'a' },
      { size: 1000, name: 'b' },
      { size: 1001, name: 'a' },
    ].map((object) => {
      const { etag, body } = syntheticResource(object, { cacheControl: '' });
      return `${etag} ${body.slice(0, 16).toString('hex')}`;
    });
    expect(new Set(seen.flatMap((text) => text.split(' '))).size).toBe(6);
  });
});

describe('an encrypted segment', () => {
  it('is whole blocks of AES-128-CBC that the key and its IV open', () => {
    const plain = Buffer.from('twenty bytes of text');
    const iv = initializationVector('360p', 4);
    const sealed = encryptSegment(plain, iv);
    expect(sealed).toHaveLength(32);
    const decipher = createDecipheriv('aes-128-cbc', key, iv);
    expect(Buffer.concat([decipher.update(sealed), decipher.final()]).equals(plain)).toBe(true);
  });

  it('has an IV that no other segment has', () => {
    const ivs = ['360p', '270p'].flatMap((name) =>
      [0, 1, 2].map((index) => initializationVector(name, index)),
    );
    expect(new Set(ivs.map((iv) => iv.toString('hex'))).size).toBe(6);
    for (const iv of ivs) expect(iv).toHaveLength(16);
  });
});
