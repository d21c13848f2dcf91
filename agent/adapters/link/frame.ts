// Messages to frames: u32 length, then the type and the fields that the codec writes.
//
// A fetch and a head carry text that players and origins wrote. A peer would close the link over a field past its
// limit, so they are read back once before they leave: a refusal then costs one transfer and not all of the link's.

import { decode, encode, ROWS } from '../../wire/codec.ts';
import { FRAME_BYTES_MAX } from '../../wire/limits.ts';
import type { Message } from '../../wire/message.ts';

/** Bytes before a frame's content. */
export const LENGTH_BYTES = 4;
/** Bytes before a piece's body: frame length, type, transfer id, body length. */
export const PIECE_HEAD_BYTES = 13;
export const PIECE_TYPE: number = ROWS.find((row) => row.kind === 'piece')?.type ?? -1;

/** @returns the message's frame, or undefined where the peer would refuse it */
export function frameOf(message: Message): Uint8Array | undefined {
  const content = encode(message);
  if (content.length > FRAME_BYTES_MAX) return undefined;
  const foreignText = message.kind === 'fetch' || message.kind === 'head';
  if (foreignText && !decode(content).ok) return undefined;
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + content.length);
  frame.writeUInt32BE(content.length);
  frame.set(content, LENGTH_BYTES);
  return frame;
}

/** @returns what comes before `length` bytes of body, so that the body is never copied into a message */
export function pieceHead(id: number, length: number): Uint8Array {
  const head = Buffer.allocUnsafe(PIECE_HEAD_BYTES);
  head.writeUInt32BE(PIECE_HEAD_BYTES - LENGTH_BYTES + length);
  head.writeUInt8(PIECE_TYPE, 4);
  head.writeUInt32BE(id, 5);
  head.writeUInt32BE(length, 9);
  return head;
}
