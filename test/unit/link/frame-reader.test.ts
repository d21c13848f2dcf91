// Frames come out of a stream the same, however it is cut into chunks.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameOf, pieceHead } from '../../../agent/adapters/link/frame.ts';
import { FrameReader } from '../../../agent/adapters/link/frame-reader.ts';
import { decode, encode } from '../../../agent/wire/codec.ts';
import { FRAME_BYTES_MAX, PIECE_BYTES_MAX } from '../../../agent/wire/limits.ts';
import type { Message, Piece } from '../../../agent/wire/message.ts';
import { anyMessage } from '../wire/arbitrary.ts';

/** What a reader hands on: messages, pieces put together again, and the reason for which it stopped. */
function read(
  chunks: readonly Uint8Array[],
  pieces: boolean,
): { said: unknown[]; reason: string | undefined } {
  const said: unknown[] = [];
  let reason: string | undefined;
  let gathered: { id: number; bytes: Buffer } | undefined;
  const reader = new FrameReader(
    {
      frame: (content) => {
        const decoded = decode(Uint8Array.from(content));
        said.push(decoded.ok ? decoded.value : decoded.reason);
        gathered = undefined;
      },
      piece: (id, bytes) => {
        if (gathered?.id === id) {
          gathered.bytes = Buffer.concat([gathered.bytes, bytes]);
        } else {
          gathered = { id, bytes: Buffer.from(bytes) };
          said.push(gathered);
        }
      },
      refuse: (why) => {
        reason = why;
      },
    },
    pieces,
  );
  // One buffer is used for every chunk, as a socket's is: a view that was kept shows.
  const buffer = Buffer.alloc(Math.max(1, ...chunks.map(({ length }) => length)));
  for (const chunk of chunks) {
    buffer.set(chunk);
    reader.push(buffer.subarray(0, chunk.length));
    buffer.fill(0xee);
  }
  return { said, reason };
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
const stream = (messages: readonly Message[]): Buffer =>
  Buffer.concat(messages.map((message) => frameOf(message) ?? new Uint8Array(0)));
const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 });
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

describe('a frame reader', () => {
  it('hands on every message of a stream that is cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 6 }), sizes, (messages, cuts) => {
        const said = read(cut(stream(messages), cuts), false);
        expect(said).toEqual({ said: messages, reason: undefined });
      }),
    );
  });

  it('hands on the bytes of pieces as they come, between the messages around them', () => {
    const piece = fc.uint8Array({ minLength: 1, maxLength: 2000 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), sizes, (bodies, cuts) => {
        const messages = bodies.flatMap((bytes, id): Message[] => [
          { kind: 'piece', id, bytes },
          { kind: 'end', id },
        ]);
        const { said, reason } = read(cut(stream(messages), cuts), true);
        const expected = messages.map((message) =>
          message.kind === 'piece' ? { id: message.id, bytes: Buffer.from(message.bytes) } : message,
        );
        expect({ said, reason }).toEqual({ said: expected, reason: undefined });
      }),
    );
  });

  it('hands on an empty piece', () => {
    const piece: Piece = { kind: 'piece', id: 7, bytes: new Uint8Array(0) };
    expect(read([stream([piece])], true).said).toEqual([{ id: 7, bytes: Buffer.alloc(0) }]);
  });

  it('reads a piece as any other message where none may come, so that its owner refuses it', () => {
    const piece: Piece = { kind: 'piece', id: 7, bytes: Uint8Array.of(1) };
    expect(read([stream([piece])], false).said).toEqual([piece]);
  });

  it.each([
    ['a length of zero', u32(0), 'truncated'],
    ['a length over the limit', u32(FRAME_BYTES_MAX + 1), 'too-long'],
    [
      'a piece over the limit',
      Buffer.concat([u32(PIECE_BYTES_MAX + 10), Uint8Array.of(0x33), u32(1), u32(PIECE_BYTES_MAX + 1)]),
      'too-long',
    ],
    [
      'a piece longer than its frame',
      Buffer.concat([u32(10), Uint8Array.of(0x33), u32(1), u32(2)]),
      'truncated',
    ],
    [
      'a piece shorter than its frame',
      Buffer.concat([u32(11), Uint8Array.of(0x33), u32(1), u32(1)]),
      'trailing',
    ],
    ['a piece frame without room for its head', Buffer.concat([u32(8), Uint8Array.of(0x33)]), 'truncated'],
  ])('refuses %s at once, however it is cut, and reads nothing behind it', (_, bytes, reason) => {
    const after = stream([{ kind: 'end', id: 1 }]);
    for (const size of [1, 3, 1000]) {
      const chunks = cut(Buffer.concat([bytes, after]), [size]);
      expect(read(chunks, true)).toEqual({ said: [], reason });
    }
    expect(read([bytes], true).reason).toBe(reason);
  });

  it('accepts a frame of the largest size, and a piece', () => {
    const bytes = new Uint8Array(PIECE_BYTES_MAX).fill(3);
    expect(read(cut(stream([{ kind: 'piece', id: 1, bytes }]), [16_384]), true).said).toEqual([
      { id: 1, bytes: Buffer.from(bytes) },
    ]);
    const whole = Buffer.concat([u32(FRAME_BYTES_MAX), new Uint8Array(FRAME_BYTES_MAX)]);
    expect(read(cut(whole, [16_384]), true)).toEqual({ said: ['unknown-type'], reason: undefined });
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), fc.boolean(), (chunks, pieces) => {
        read(chunks, pieces);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a frame', () => {
  it('of a piece is its head and its body', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const content = encode({ kind: 'piece', id: 0xfedcba98, bytes });
    expect(Buffer.concat([pieceHead(0xfedcba98, 3), bytes])).toEqual(
      Buffer.concat([u32(content.length), content]),
    );
  });

  it('is not made of a message that the peer would refuse', () => {
    const head = { kind: 'head', id: 1, status: 200, size: 1, ageMs: 0 } as const;
    const field = (length: number): readonly [string, string] => ['x', 'y'.repeat(length)];
    expect(frameOf({ ...head, headers: [field(8000)] })).toBeDefined();
    expect(frameOf({ ...head, headers: [field(9000)] })).toBeUndefined();
    expect(frameOf({ ...head, headers: Array.from({ length: 65 }, () => field(1)) })).toBeUndefined();
    expect(frameOf({ ...head, headers: Array.from({ length: 60 }, () => field(8000)) })).toBeUndefined();
  });
});
