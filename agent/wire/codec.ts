// Messages to bytes and back. Each message is one row: its type byte and its fields in order.
//
// A frame is u32 length | u8 type | fields; this file reads and writes what follows the length. PROTOCOL.md's tables
// are generated from these rows, and a test holds them equal. Signatures are not checked here: that needs a key
// library, which the link adapter has. It checks each record before the core sees the message.

import { Reader, Writer } from './cursor.ts';
import { DESCRIPTOR_FIELDS, descriptor } from './descriptor.ts';
import * as field from './field.ts';
import type { AgentId, SegmentName } from './ids.ts';
import * as limits from './limits.ts';
import type * as wire from './message.ts';
import type { AgentClaim, AgentRecord, Proof, Reachability, SeatClaim, SeatRecord } from './record.ts';
import { type Decoded, REJECT_REASONS, type RejectReason, refused } from './reject.ts';
import { SEAT_FIELDS, seatBody } from './seat-field.ts';

/** @returns the frame's content: type byte and fields; a copy that the caller owns */
export function encode(message: wire.Message): Uint8Array {
  const row = ROW_OF_KIND.get(message.kind);
  if (row === undefined) throw new RangeError(`no row for message ${message.kind}`);
  const to = new Writer(message.kind === 'piece' ? message.bytes.length + 16 : 256);
  to.u8(row.type);
  row.fields.write(to, message);
  return to.written();
}

/** @param frame type byte and fields, without the length; what is returned holds no view of it */
export function decode(frame: Uint8Array): Decoded<wire.Message> {
  if (frame.length > limits.FRAME_BYTES_MAX) return refused('too-long');
  const from = new Reader(frame);
  const row = ROW_OF_TYPE.get(from.u8());
  if (from.fault !== undefined) return refused(from.fault);
  if (row === undefined) return refused('unknown-type');
  const body = row.fields.read(from);
  if (from.fault === undefined && from.remaining > 0) from.refuse('trailing');
  if (from.fault !== undefined) return refused(from.fault);
  return { ok: true, value: Object.assign(body, { kind: row.kind }) as wire.Message };
}

/** @returns the bytes that an agent signs */
export function encodeClaim(claim: AgentClaim): Uint8Array {
  const to = new Writer();
  CLAIM.write(to, claim);
  return to.written();
}

/** @returns the bytes that a ring's primary signs */
export function encodeSeat(claim: SeatClaim): Uint8Array {
  const to = new Writer();
  seatBody.write(to, claim);
  return to.written();
}

/** @returns the claim in a signed body, with the body and its signature as proof, unverified */
export function decodeRecord(proof: Proof): Decoded<AgentRecord> {
  const from = new Reader(proof.body);
  const record = readClaim(from, proof);
  return from.fault === undefined ? { ok: true, value: record } : refused(from.fault);
}

/** One message on the wire. */
export interface Row {
  readonly type: number;
  readonly kind: wire.Message['kind'];
  readonly fields: field.Field<object>;
  /** Field names and shapes in order, for PROTOCOL.md. */
  readonly table: readonly (readonly [name: string, shape: string])[];
}

function row<M extends wire.Message>(
  type: number,
  kind: M['kind'],
  fields: field.Fields<Omit<M, 'kind'>>,
): Row {
  const shapes = Object.entries(fields) as [string, field.Field<unknown>][];
  return {
    type,
    kind,
    fields: field.struct<Omit<M, 'kind'>>(kind, fields) as field.Field<object>,
    table: shapes.map(([name, each]) => [name, each.shape]),
  };
}

const MEMBER_STATES: readonly wire.MemberState[] = ['alive', 'suspect', 'dead', 'left'];
const REACHABILITY: readonly Reachability[] = ['dialable', 'outbound'];
const METHODS: readonly wire.PlayerMethod[] = ['GET', 'HEAD'];
const PURPOSES: readonly wire.LinkPurpose[] = ['control', 'bulk'];
const CAST_REACHES: readonly wire.CastReach[] = ['world', 'region', 'ring', 'topic'];
const RESET_REASONS: readonly wire.ResetReason[] = [
  'stale-view',
  'busy',
  'origin-failed',
  'origin-timeout',
  'origin-refused',
  'changed',
  'too-large',
  'draining',
  'internal',
];

const memberState: field.Field<wire.MemberState> = field.oneOf(MEMBER_STATES, 'unknown-state');
const segmentName = field.text(limits.NAME_BYTES_MAX) as unknown as field.Field<SegmentName>;

const CLAIM_FIELDS: field.Fields<AgentClaim> = {
  id: field.agentId,
  incarnation: field.counter,
  sequence: field.counter,
  ring: field.ringId,
  region: field.region,
  link: field.address,
  publicUrl: field.publicUrl,
  reachability: field.oneOf(REACHABILITY, 'out-of-range'),
  weight: field.u8,
  version: field.text(limits.VERSION_BYTES_MAX),
};
const CLAIM: field.Field<AgentClaim> = field.struct('claim', CLAIM_FIELDS);

/** Fields that a later version appends to a claim are signed, relayed and ignored here. */
function readClaim(from: Reader, proof: Proof): AgentRecord {
  return Object.assign(CLAIM.read(from), { proof });
}

/** A record travels as the bytes that its writer signed, and the signature. */
function signed<T extends { readonly proof: Proof }>(
  named: string,
  bytesMax: number,
  form: { read: (from: Reader, proof: Proof) => T; encode: (value: T) => Uint8Array },
): field.Field<T> {
  return {
    shape: `${named}: u32 length <= ${bytesMax}, claim, ${limits.SIGNATURE_BYTES} B signature`,
    read: (from) => {
      const body = field.blob(bytesMax).read(from);
      const signature = new Uint8Array(from.bytes(limits.SIGNATURE_BYTES));
      const inner = new Reader(body);
      const value = form.read(inner, { body, signature });
      if (inner.fault !== undefined) from.refuse(inner.fault);
      return value;
    },
    write: (to, value) => {
      const unsigned = value.proof.body.length === 0;
      field.blob(bytesMax).write(to, unsigned ? form.encode(value) : value.proof.body);
      to.bytes(unsigned ? UNSIGNED : value.proof.signature);
    },
  };
}
const record: field.Field<AgentRecord> = signed('record', limits.RECORD_BYTES_MAX, {
  read: readClaim,
  encode: encodeClaim,
});
const seat: field.Field<SeatRecord> = signed<SeatRecord>('seat', limits.SEAT_BYTES_MAX, {
  read: (from, proof) => ({ ...seatBody.read(from), proof }),
  encode: encodeSeat,
});
/** Stands in for a signature where records are not signed: in the simulator. No verifier accepts it. */
const UNSIGNED = new Uint8Array(limits.SIGNATURE_BYTES);

const rumour: field.Field<wire.Rumour> = field.struct<wire.Rumour>('rumour', {
  subject: field.agentId,
  state: memberState,
  incarnation: field.counter,
  accuser: field.agentId,
  record: field.optional(record),
});
const digestEntry: field.Field<wire.DigestEntry> = field.struct<wire.DigestEntry>('digest entry', {
  id: field.agentId,
  state: memberState,
  incarnation: field.counter,
  sequence: field.counter,
});
const headerField: field.Field<wire.HeaderField> = {
  shape: `name and value as text <= ${limits.HEADER_BYTES_MAX} B each`,
  read: (from) => [from.text(limits.HEADER_BYTES_MAX), from.text(limits.HEADER_BYTES_MAX)],
  write: (to, [name, value]) => {
    to.text(name);
    to.text(value);
  },
};

const pathDigest: field.Field<wire.PathDigest> = field.struct<wire.PathDigest>('path digest', {
  ring: field.ringId,
  hash: field.u32,
});
const seatEntry: field.Field<wire.SeatEntry> = field.struct<wire.SeatEntry>('seat entry', {
  ring: field.ringId,
  term: field.counter,
  primary: field.agentId,
});
const goneSeat: field.Field<wire.GoneSeat> = field.struct<wire.GoneSeat>('gone seat', {
  ring: field.ringId,
  term: field.counter,
});
const path = field.list(pathDigest, limits.PATH_RINGS_MAX);

const rumours = field.list(rumour, limits.RUMOURS_MAX);
const members = field.list(rumour, limits.MEMBERS_MAX);
const contacts = field.list(record, limits.CONTACTS_MAX);
const headers = field.list(headerField, limits.HEADERS_MAX);
const agents = (countMax: number): field.Field<readonly AgentId[]> => field.list(field.agentId, countMax);
const seq = field.u32;
const castId: field.Fields<wire.CastId> = {
  origin: field.agentId,
  incarnation: field.counter,
  seq: field.u32,
};
const casts = field.list(field.struct<wire.CastId>('cast id', castId), limits.CASTS_PER_MESSAGE_MAX);
const topic = field.text(limits.TOPIC_BYTES_MAX);

const ROSTER_MEMBER: field.Fields<wire.RosterMember> = {
  id: field.agentId,
  link: field.address,
  weight: field.u8,
};
const ROSTER_CONTACT: field.Fields<wire.RosterContact> = { id: field.agentId, link: field.address };
const ROSTER_SEAT: field.Fields<wire.RosterSeat> = {
  ring: field.ringId,
  size: field.u32,
  contacts: field.list(field.struct('id and link', ROSTER_CONTACT), limits.ROSTER_CONTACTS_MAX),
};
const RING_ROSTER: field.Fields<wire.RingRoster> = {
  ring: field.ringId,
  members: field.list(field.struct('roster member', ROSTER_MEMBER), limits.MEMBERS_MAX),
  seats: field.list(field.struct('roster seat', ROSTER_SEAT), limits.MEMBERS_MAX),
};
const id = field.u32;

/** Parts that several messages share, for PROTOCOL.md. */
export const PARTS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ['claim', Object.entries(CLAIM_FIELDS).map(([name, each]) => [name, each.shape] as const)],
  ['descriptor claim', Object.entries(DESCRIPTOR_FIELDS).map(([name, each]) => [name, each.shape] as const)],
  [
    'rumour',
    [
      ['subject', field.agentId.shape],
      ['state', memberState.shape],
      ['incarnation', field.counter.shape],
      ['accuser', field.agentId.shape],
      ['record', field.optional(record).shape],
    ],
  ],
  [
    'digest entry',
    [
      ['id', field.agentId.shape],
      ['state', memberState.shape],
      ['incarnation', field.counter.shape],
      ['sequence', field.counter.shape],
    ],
  ],
  ['seat', Object.entries(SEAT_FIELDS).map(([name, each]) => [name, each.shape] as const)],
  [
    'path digest',
    [
      ['ring', field.ringId.shape],
      ['hash', field.u32.shape],
    ],
  ],
  [
    'seat entry',
    [
      ['ring', field.ringId.shape],
      ['term', field.counter.shape],
      ['primary', field.agentId.shape],
    ],
  ],
  [
    'gone seat',
    [
      ['ring', field.ringId.shape],
      ['term', field.counter.shape],
    ],
  ],
  ['cast id', tableOf(castId)],
  ['ring roster', tableOf(RING_ROSTER)],
  ['roster member', tableOf(ROSTER_MEMBER)],
  ['roster seat', tableOf(ROSTER_SEAT)],
];

function tableOf(fields: object): readonly (readonly [string, string])[] {
  return Object.entries(fields).map(([name, each]: [string, field.Field<unknown>]) => [name, each.shape]);
}

/** Every message, by type. 0x0_ links, 0x1_ membership, 0x2_ multicast, 0x3_ bulk, 0x4_ players. */
export const ROWS: readonly Row[] = [
  row<wire.Hello>(0x01, 'hello', {
    versionMin: field.u8,
    versionMax: field.u8,
    purpose: field.oneOf(PURPOSES, 'out-of-range'),
  }),
  row<wire.Goodbye>(0x02, 'goodbye', {
    reason: field.oneOf<RejectReason>(REJECT_REASONS, 'out-of-range'),
  }),
  row<wire.Probe>(0x10, 'probe', { seq, rumours }),
  row<wire.Ack>(0x11, 'ack', { seq, load: field.u8, rumours }),
  row<wire.ProbeRequest>(0x12, 'probe-request', { seq, target: field.agentId, rumours }),
  row<wire.ProbeReport>(0x13, 'probe-report', { seq, target: field.agentId, reached: field.flag, rumours }),
  row<wire.Join>(0x14, 'join', { record }),
  row<wire.Welcome>(0x15, 'welcome', { ring: field.ringId, members, contacts }),
  row<wire.Referral>(0x16, 'referral', { contacts }),
  row<wire.Digest>(0x17, 'digest', {
    ring: field.ringId,
    entries: field.list(digestEntry, limits.MEMBERS_MAX),
  }),
  row<wire.Delta>(0x18, 'delta', {
    ring: field.ringId,
    members,
    contacts,
    wanted: agents(limits.MEMBERS_MAX),
  }),
  row<wire.SeatProbe>(0x19, 'seat-probe', { seq, ring: field.ringId, size: field.u32, path }),
  row<wire.SeatAck>(0x1a, 'seat-ack', { seq, ring: field.ringId, size: field.u32, path }),
  row<wire.SeatEntries>(0x1b, 'seat-entries', {
    parent: field.ringId,
    entries: field.list(seatEntry, limits.MEMBERS_MAX),
  }),
  row<wire.Seats>(0x1c, 'seats', {
    seats: field.list(seat, limits.SEATS_MAX),
    gone: field.list(goneSeat, limits.MEMBERS_MAX),
    wanted: field.list(field.ringId, limits.MEMBERS_MAX),
  }),
  row<wire.Regroup>(0x1d, 'regroup', {
    ring: field.ringId,
    to: field.ringId,
    parent: field.ringId,
    agents: agents(limits.MEMBERS_MAX),
  }),
  row<wire.Place>(0x1e, 'place', { seats: field.list(seat, limits.SEATS_MAX) }),
  row<wire.Cast>(0x20, 'cast', {
    ...castId,
    previous: field.u32,
    reach: field.oneOf(CAST_REACHES, 'out-of-range'),
    target: topic,
    cover: field.optional(field.ringId),
    climb: field.optional(field.ringId),
    bytes: field.blob(limits.CAST_BYTES_MAX),
  }),
  row<wire.CastAck>(0x21, 'cast-ack', { ...castId, taken: field.flag }),
  row<wire.CastHave>(0x22, 'cast-have', { casts }),
  row<wire.CastPull>(0x23, 'cast-pull', { casts }),
  row<wire.Interest>(0x24, 'interest', {
    ring: field.ringId,
    topics: field.list(topic, limits.TOPICS_MAX),
  }),
  row<wire.Fetch>(0x30, 'fetch', {
    id,
    name: segmentName,
    target: field.text(limits.TARGET_BYTES_MAX),
    tier: field.u8,
    chain: agents(limits.CHAIN_MAX),
    avoid: agents(limits.AVOID_MAX),
    offset: field.u64(limits.OBJECT_BYTES_MAX),
    ifMatch: field.text(limits.HEADER_BYTES_MAX),
    deadlineMs: field.u32,
    headers,
  }),
  row<wire.Filling>(0x31, 'filling', { id }),
  row<wire.Head>(0x32, 'head', {
    id,
    status: field.u16,
    size: field.sizeOrUnknown(limits.OBJECT_BYTES_MAX),
    ageMs: field.u64(limits.COUNTER_MAX),
    headers,
  }),
  row<wire.Piece>(0x33, 'piece', { id, bytes: field.blob(limits.PIECE_BYTES_MAX) }),
  row<wire.End>(0x34, 'end', { id }),
  row<wire.Reset>(0x35, 'reset', { id, reason: field.oneOf(RESET_REASONS, 'out-of-range') }),
  row<wire.Cancel>(0x36, 'cancel', { id }),
  row<wire.DescriptorOf>(0x3a, 'descriptor', { id, descriptor }),
  row<wire.Redirect>(0x37, 'redirect', {
    id,
    rosters: field.list(field.struct('ring roster', RING_ROSTER), limits.ROSTERS_PER_REDIRECT_MAX),
  }),
  row<wire.Get>(0x40, 'get', {
    method: field.oneOf(METHODS, 'out-of-range'),
    target: field.text(limits.TARGET_BYTES_MAX),
    deadlineMs: field.u32,
    headers,
  }),
  row<wire.Answer>(0x41, 'answer', {
    status: field.u16,
    size: field.sizeOrUnknown(limits.OBJECT_BYTES_MAX),
    headers,
  }),
];

const ROW_OF_TYPE: ReadonlyMap<number, Row> = new Map(ROWS.map((each) => [each.type, each]));
const ROW_OF_KIND: ReadonlyMap<wire.Message['kind'], Row> = new Map(ROWS.map((each) => [each.kind, each]));
