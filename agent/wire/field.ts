// The shapes of fields: how each one is read, written and named in PROTOCOL.md.
//
// A field is a value with three members, so that a message's row in codec.ts is data: the codec runs over it, the
// documentation test reads it, and nobody writes a read and a write by hand that could disagree.

import { isBaseUrl } from './base-url.ts';
import type { Reader, Writer } from './cursor.ts';
import {
  type AgentId,
  agentIdBytes,
  agentIdOf,
  parseRegion,
  parseRingId,
  type Region,
  type RingId,
} from './ids.ts';
import {
  ADDRESS_BYTES_MAX,
  AGENT_ID_BYTES,
  COUNTER_MAX,
  PUBLIC_URL_BYTES_MAX,
  REGION_BYTES_MAX,
  RING_ID_BYTES_MAX,
} from './limits.ts';
import type { RejectReason } from './reject.ts';

export interface Field<T> {
  /** As PROTOCOL.md names it, limits included. */
  readonly shape: string;
  read(from: Reader): T;
  write(to: Writer, value: T): void;
}

export const u8: Field<number> = {
  shape: 'u8',
  read: (from) => from.u8(),
  write: (to, value) => to.u8(value),
};
export const u16: Field<number> = {
  shape: 'u16',
  read: (from) => from.u16(),
  write: (to, value) => to.u16(value),
};
export const u32: Field<number> = {
  shape: 'u32',
  read: (from) => from.u32(),
  write: (to, value) => to.u32(value),
};
export const flag: Field<boolean> = {
  shape: 'u8 0 or 1',
  read: (from) => {
    const value = from.u8();
    if (value > 1) from.refuse('out-of-range');
    return value === 1;
  },
  write: (to, value) => to.u8(value ? 1 : 0),
};

/** An integer of 8 bytes up to `max`. */
export function u64(max: number): Field<number> {
  return { shape: `u64 <= ${max}`, read: (from) => from.u64(max), write: (to, value) => to.u64(value) };
}
export const counter: Field<number> = u64(COUNTER_MAX);

/** A size in bytes, or -1 for unknown, as u64 of size + 1. */
export function sizeOrUnknown(max: number): Field<number> {
  return {
    shape: `u64 of size + 1, 0 = unknown, <= ${max}`,
    read: (from) => from.u64(max) - 1,
    write: (to, value) => to.u64(value + 1),
  };
}

/** One of a closed set, as its index in `values`. */
export function oneOf<T extends string>(values: readonly T[], fault: RejectReason): Field<T> {
  const first = values[0];
  if (first === undefined) throw new RangeError('oneOf needs at least one value');
  return {
    shape: `u8: ${values.map((value, index) => `${index} ${value}`).join(', ')}`,
    read: (from) => {
      const value = values[from.u8()];
      if (value === undefined) from.refuse(fault);
      return value ?? first;
    },
    write: (to, value) => to.u8(values.indexOf(value)),
  };
}

export function text(bytesMax: number): Field<string> {
  return {
    shape: `text <= ${bytesMax} B`,
    read: (from) => from.text(bytesMax),
    write: (to, value) => to.text(value),
  };
}

/** Text that must parse; the codec hands on only what did. */
function parsed<T extends string>(
  named: string,
  bytesMax: number,
  rule: { parse: (value: string) => T | undefined; fault: RejectReason },
): Field<T> {
  return {
    shape: `${named} as text <= ${bytesMax} B`,
    read: (from) => {
      const raw = from.text(bytesMax);
      const value = rule.parse(raw);
      if (value === undefined) from.refuse(rule.fault);
      return value ?? (raw as T);
    },
    write: (to, value) => to.text(value),
  };
}

export const region: Field<Region> = parsed('region path', REGION_BYTES_MAX, {
  parse: parseRegion,
  fault: 'bad-region',
});
export const ringId: Field<RingId> = parsed('ring id', RING_ID_BYTES_MAX, {
  parse: parseRingId,
  fault: 'bad-id',
});
/** `host:port`, `[v6]:port`, or empty. */
export const address: Field<string> = parsed('address or empty', ADDRESS_BYTES_MAX, {
  parse: (value) => (value === '' || isAddress(value) ? value : undefined),
  fault: 'bad-address',
});
/** http or https base URL without path, query or fragment, or empty. */
export const publicUrl: Field<string> = parsed('base URL or empty', PUBLIC_URL_BYTES_MAX, {
  parse: (value) => (value === '' || isBaseUrl(value) ? value : undefined),
  fault: 'bad-url',
});

export const agentId: Field<AgentId> = {
  shape: `${AGENT_ID_BYTES} raw bytes`,
  read: (from) => agentIdOf(from.bytes(AGENT_ID_BYTES)),
  write: (to, value) => to.bytes(agentIdBytes(value)),
};

/** Bytes behind a 32-bit length. Read: a copy of its own; not `slice`, which on Node's Buffer is a view. */
export function blob(bytesMax: number): Field<Uint8Array> {
  return {
    shape: `u32 length <= ${bytesMax}, bytes`,
    read: (from) => {
      const length = from.u32();
      if (length > bytesMax) from.refuse('too-long');
      return new Uint8Array(from.bytes(length));
    },
    write: (to, value) => {
      to.u32(value.length);
      to.bytes(value);
    },
  };
}

export function list<T>(item: Field<T>, countMax: number): Field<readonly T[]> {
  return {
    shape: `u16 count <= ${countMax}, each: ${item.shape}`,
    read: (from) => {
      const count = from.u16();
      if (count > countMax) from.refuse('too-many');
      const items: T[] = [];
      while (items.length < count && from.fault === undefined) items.push(item.read(from));
      return items;
    },
    write: (to, items) => {
      to.u16(items.length);
      for (const each of items) item.write(to, each);
    },
  };
}

/** A value that may be absent, behind one byte. */
export function optional<T>(item: Field<T>): Field<T | undefined> {
  return {
    shape: `u8 0 or 1, then: ${item.shape}`,
    read: (from) => (flag.read(from) ? item.read(from) : undefined),
    write: (to, value) => {
      flag.write(to, value !== undefined);
      if (value !== undefined) item.write(to, value);
    },
  };
}

export type Fields<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/** Fields one after the other, in the order of `fields`. */
export function struct<T extends object>(named: string, fields: Fields<T>): Field<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return {
    shape: named,
    read: (from) => {
      const value: Partial<T> = {};
      for (const name of names) value[name] = fields[name].read(from);
      return value as T;
    },
    write: (to, value) => {
      for (const name of names) fields[name].write(to, value[name]);
    },
  };
}

export function isAddress(value: string): boolean {
  const match = /^(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]+):(\d{1,5})$/.exec(value);
  return match !== null && Number(match[1]) >= 1 && Number(match[1]) <= 65_535;
}
