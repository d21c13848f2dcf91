// Frames of a player's stream are read as they were written, however the network cuts them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameOf, MessageReader } from '../../../agent/wire/frames.ts';
import { FRAME_BYTES_MAX, HEADER_BYTES_MAX } from '../../../agent/wire/limits.ts';
import type { Message } from '../../../agent/wire/message.ts';
import { messages } from './arbitrary.ts';

const said = fc.oneof(
  messages.get,
  messages.answer,
  messages.piece,
  messages.end,
  messages.reset,
  messages.cancel,
);

function read(chunks: readonly Uint8Array[], frameBytesMax = FRAME_BYTES_MAX): (Message | string)[] {
  const got: (Message | string)[] = [];
  const reader = new MessageReader(
    { message: (each) => got.push(each), refuse: (why) => got.push(why) },
    frameBytesMax,
  );
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk);
    reader.push(reused);
    reused.fill(0xaa);
  }
  if (reader.within) got.push('within');
  return got;
}

describe('a reader of messages', () => {
  it('hands on every message of a stream that is cut anywhere', () => {
    const cuts = fc.array(fc.nat(5000), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(said, { minLength: 1, maxLength: 5 }), cuts, (all, at) => {
        const bytes = Buffer.concat(all.map((each) => frameOf(each) ?? Buffer.alloc(0)));
        const edges = [0, ...at.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const chunks = edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
        expect(read(chunks)).toEqual(all);
      }),
      { numRuns: 200 },
    );
  });

  it('knows of a stream cut at any byte that a message is missing', () => {
    const bytes = frameOf({ kind: 'get', method: 'GET', target: '/a', deadlineMs: 1, headers: [['a', 'b']] });
    for (let at = 1; at < (bytes?.length ?? 0); at += 1) {
      expect(read([bytes?.subarray(0, at) ?? Buffer.alloc(0)])).toEqual(['within']);
    }
  });

  it.each([
    ['an empty frame', Buffer.alloc(4), 'truncated'],
    ['a frame above the limit, before its bytes come', Buffer.of(0, 0, 1, 1), 'too-long'],
    ['an unknown type', Buffer.of(0, 0, 0, 1, 0xee), 'unknown-type'],
  ])('refuses %s, in one chunk and byte by byte, and reads nothing after it', (_, bytes, reason) => {
    const more = Buffer.concat([bytes, frameOf({ kind: 'end', id: 0 }) ?? Buffer.alloc(0)]);
    expect(read([more], 256)[0]).toBe(reason);
    expect(
      read(
        [...more].map((byte) => Buffer.of(byte)),
        256,
      ).filter((each) => each !== 'within'),
    ).toEqual([reason]);
  });

  it('takes a frame at the limit', () => {
    const frame = frameOf({ kind: 'end', id: 7 }) ?? Buffer.alloc(0);
    expect(read([frame], frame.length - 4)).toEqual([{ kind: 'end', id: 7 }]);
    expect(read([frame], frame.length - 5)).toContain('too-long');
  });
});

describe('a frame', () => {
  it('is not made of text that the other end would refuse', () => {
    const answer = { kind: 'answer', status: 200, size: 1 } as const;
    expect(frameOf({ ...answer, headers: [['a', 'x'.repeat(HEADER_BYTES_MAX)]] })).toBeDefined();
    expect(frameOf({ ...answer, headers: [['a', 'x'.repeat(HEADER_BYTES_MAX + 1)]] })).toBeUndefined();
    const many = Array.from({ length: 65 }, () => ['a', 'b'] as const);
    expect(frameOf({ ...answer, headers: many })).toBeUndefined();
  });
});
