import { expect, test } from 'vitest';
import { decode, encode } from '../../../agent/wire/codec.ts';
import { ringOf } from '../core/swarm/ring.ts';

test('a decoded record keeps its bytes when the buffer that it was read from is reused', () => {
  const [member] = ringOf(1).members;
  if (member === undefined) throw new Error('no member');
  const proof = {
    body: encode({ kind: 'join', record: member }).subarray(5, -64),
    signature: new Uint8Array(64).fill(7),
  };
  const frame = Buffer.from(encode({ kind: 'join', record: { ...member, proof } }));
  const decoded = decode(frame);
  frame.fill(0xff);
  expect(decoded).toMatchObject({ ok: true, value: { record: { proof } } });
});
