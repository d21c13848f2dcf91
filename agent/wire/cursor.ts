// Bounds-checked reading and writing of bytes.
//
// A Reader never throws: the first thing wrong sticks as `fault`, and every later read returns an empty value, so a
// decoder reads its fields in a straight line and looks at `fault` once. Integers are big-endian.
// Neither class knows what the bytes mean: that is codec.ts.

import type { RejectReason } from './reject.ts';

const NOTHING = new Uint8Array(0);
const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Reader {
  fault: RejectReason | undefined = undefined;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  refuse(reason: RejectReason): void {
    this.fault ??= reason;
  }

  u8(): number {
    return this.#take(1) ? this.#view.getUint8(this.#at - 1) : 0;
  }

  u16(): number {
    return this.#take(2) ? this.#view.getUint16(this.#at - 2) : 0;
  }

  u32(): number {
    return this.#take(4) ? this.#view.getUint32(this.#at - 4) : 0;
  }

  /** An unsigned integer of 8 bytes, refused above `max` (itself at most 2^53 - 1). */
  u64(max: number): number {
    if (!this.#take(8)) return 0;
    const value = this.#view.getUint32(this.#at - 8) * 2 ** 32 + this.#view.getUint32(this.#at - 4);
    if (value <= max) return value;
    this.refuse('out-of-range');
    return 0;
  }

  /** A view of the next bytes, owned by whoever owns the input: copy what is kept. */
  bytes(length: number): Uint8Array {
    return this.#take(length) ? this.#bytes.subarray(this.#at - length, this.#at) : NOTHING;
  }

  /** UTF-8 behind a 16-bit byte length; refused above `bytesMax` before anything is decoded. */
  text(bytesMax: number): string {
    const length = this.u16();
    if (length > bytesMax) {
      this.refuse('too-long');
      return '';
    }
    const bytes = this.bytes(length);
    if (isAscii(bytes)) return asciiText(bytes);
    try {
      return strictUtf8.decode(bytes);
    } catch {
      this.refuse('bad-text');
      return '';
    }
  }

  #take(length: number): boolean {
    if (this.fault !== undefined) return false;
    if (length > this.remaining) {
      this.refuse('truncated');
      return false;
    }
    this.#at += length;
    return true;
  }
}

export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;

  constructor(bytesExpected: number = 256) {
    this.#bytes = new Uint8Array(bytesExpected);
    this.#view = new DataView(this.#bytes.buffer);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#view.setUint8(this.#at - 1, value);
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.#at - 2, value);
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#at - 4, value);
  }

  u64(value: number): void {
    this.#reserve(8);
    this.#view.setUint32(this.#at - 8, Math.floor(value / 2 ** 32));
    this.#view.setUint32(this.#at - 4, value % 2 ** 32);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at - value.length);
  }

  text(value: string): void {
    const bytes = utf8.encode(value);
    this.u16(bytes.length);
    this.bytes(bytes);
  }

  /** @returns a view of what was written, valid until the next write */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  #reserve(length: number): void {
    this.#at += length;
    if (this.#at <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#at, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** UTF-8 length of a text, without keeping the bytes. */
export function utf8Length(text: string): number {
  return utf8.encode(text).length;
}

function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte > 0x7f) return false;
  return true;
}

/** Short texts are built by hand: TextDecoder costs about a microsecond a call, which dominates small messages. */
function asciiText(bytes: Uint8Array): string {
  return bytes.length <= 4096 ? String.fromCharCode(...bytes) : strictUtf8.decode(bytes);
}
