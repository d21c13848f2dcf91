// fast-check arbitraries of everything that the wire carries, up to its limits in kind though not always in size.
import fc from 'fast-check';
import { encodeClaim, encodeSeat } from '../../../agent/wire/codec.ts';
import {
  type Descriptor,
  type DescriptorClaim,
  encodeDescriptorClaim,
} from '../../../agent/wire/descriptor.ts';
import {
  type AgentId,
  LEVEL_MAX,
  type Region,
  type RingId,
  ringIdOf,
  type SegmentName,
} from '../../../agent/wire/ids.ts';
import * as limits from '../../../agent/wire/limits.ts';
import type * as wire from '../../../agent/wire/message.ts';
import type { AgentClaim, AgentRecord, SeatClaim, SeatRecord } from '../../../agent/wire/record.ts';
import { REJECT_REASONS } from '../../../agent/wire/reject.ts';

const from = (letters: string, length: number | { min: number; max: number }): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.constantFrom(...letters),
    minLength: typeof length === 'number' ? length : length.min,
    maxLength: typeof length === 'number' ? length : length.max,
  });
const LOWER = 'abcdefghijklmnopqrstuvwxyz0123456789';

export const agentId: fc.Arbitrary<AgentId> = from('0123456789abcdef', 64) as fc.Arbitrary<AgentId>;
export const region: fc.Arbitrary<Region> = fc
  .array(fc.tuple(from(LOWER, 1), from(`${LOWER}-`, { min: 0, max: 8 })), {
    minLength: 1,
    maxLength: limits.REGION_LABELS_MAX,
  })
  .map((labels) => labels.map((label) => label.join('')).join('/') as Region);
export const ringId: fc.Arbitrary<RingId> = fc
  .tuple(fc.integer({ min: 0, max: 9 }), region, from(LOWER, 8))
  .map(([level, where, random]) => ringIdOf(level, where, random));
const u8 = fc.integer({ min: 0, max: 255 });
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const counter = fc.maxSafeNat().map((value) => value % (limits.COUNTER_MAX + 1));
/** Text of every script; at most four bytes of UTF-8 to a character. */
const text = (bytesMax: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'binary', maxLength: Math.min(40, Math.floor(bytesMax / 4)) });
const port = fc.integer({ min: 1, max: 65_535 });
const host = fc.oneof(
  fc.constantFrom('127.0.0.1', '[::1]', '[2001:db8::7]'),
  from(`${LOWER}.-`, { min: 1, max: 30 }),
);
const address = fc.tuple(host, port).map(([name, number]) => `${name}:${number}`);

const claim: fc.Arbitrary<AgentClaim> = fc.record({
  id: agentId,
  incarnation: counter,
  sequence: counter,
  ring: ringId,
  region,
  link: fc.oneof(fc.constant(''), address),
  publicUrl: fc.oneof(
    fc.constant(''),
    address.map((at) => `https://${at}`),
  ),
  reachability: fc.constantFrom('dialable' as const, 'outbound' as const),
  weight: u8,
  version: text(limits.VERSION_BYTES_MAX),
});
const signature = fc.uint8Array({ minLength: limits.SIGNATURE_BYTES, maxLength: limits.SIGNATURE_BYTES });
export const record: fc.Arbitrary<AgentRecord> = fc
  .tuple(claim, signature)
  .map(([said, signed]) => ({ ...said, proof: { body: encodeClaim(said).slice(), signature: signed } }));

const seatClaim: fc.Arbitrary<SeatClaim> = fc
  .record({
    level: fc.integer({ min: 0, max: LEVEL_MAX }),
    above: fc.integer({ min: 1, max: 9 }),
    at: fc.tuple(region, from(LOWER, 8), region, from(LOWER, 8)),
    term: counter,
    region,
    size: u32,
    contacts: fc.array(
      fc.record({ id: agentId, link: address, publicUrl: fc.constantFrom('', 'http://h:1') }),
      {
        minLength: 1,
        maxLength: limits.SEAT_CONTACTS_MAX,
      },
    ),
  })
  .map(({ level, above, at, ...rest }) => ({
    ring: ringIdOf(level, at[0], at[1]),
    parent: ringIdOf(Math.min(9, level + above), at[2], at[3]),
    ...rest,
  }));
export const seat: fc.Arbitrary<SeatRecord> = fc
  .tuple(seatClaim, signature)
  .map(([said, signed]) => ({ ...said, proof: { body: encodeSeat(said).slice(), signature: signed } }));

const state = fc.constantFrom<wire.MemberState>('alive', 'suspect', 'dead', 'left');
const rumour: fc.Arbitrary<wire.Rumour> = fc.record({
  subject: agentId,
  state,
  incarnation: counter,
  accuser: agentId,
  record: fc.option(record, { nil: undefined }),
});
const few = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { maxLength: 4 });
const rumours = few(rumour);
const headers: fc.Arbitrary<wire.HeaderField[]> = few(fc.tuple(text(200), text(200)));
const size = fc.integer({ min: -1, max: limits.OBJECT_BYTES_MAX - 1 });
const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const descriptorClaim: fc.Arbitrary<DescriptorClaim> = fc
  .record({ blockBytes: fc.constantFrom(65_536, 2 ** 20), size: fc.nat(300_000) })
  .chain(({ blockBytes, size: bytes }) =>
    fc.record({
      name: text(200) as fc.Arbitrary<SegmentName>,
      status: fc.integer({ min: 0, max: 65_535 }),
      size: fc.constant(bytes),
      tag: text(limits.TAG_BYTES_MAX),
      sha256: bytesOf(32),
      blockHash: fc.constantFrom('blake3' as const, 'sha256' as const),
      blockBytes: fc.constant(blockBytes),
      blocks: bytesOf(32 * Math.ceil(bytes / blockBytes)),
      fetchedMs: counter,
      signer: agentId,
    }),
  );
export const descriptor: fc.Arbitrary<Descriptor> = fc
  .tuple(descriptorClaim, signature, fc.uint8Array({ maxLength: 80 }))
  .map(([claimed, signed, certificate]) => {
    const body = encodeDescriptorClaim(claimed).slice();
    return { ...claimed, proof: { body, signature: signed, certificate } };
  });
const reset = fc.constantFrom<wire.ResetReason>(
  'stale-view',
  'busy',
  'origin-failed',
  'origin-timeout',
  'origin-refused',
  'changed',
  'too-large',
  'draining',
  'internal',
);

const seatPath: fc.Arbitrary<wire.PathDigest[]> = few(fc.record({ ring: ringId, hash: u32 }));
const castId = { origin: agentId, incarnation: counter, seq: u32 };
const casts = few(fc.record(castId));
const topic = text(limits.TOPIC_BYTES_MAX);
const link = fc.oneof(fc.constant(''), address);
const rosterContact = fc.record({ id: agentId, link });
const ringRoster: fc.Arbitrary<wire.RingRoster> = fc.record({
  ring: ringId,
  members: few(fc.record({ id: agentId, link, weight: u8 })),
  seats: few(
    fc.record({
      ring: ringId,
      size: u32,
      contacts: fc.array(rosterContact, { maxLength: limits.ROSTER_CONTACTS_MAX }),
    }),
  ),
});

type Of<K extends wire.Message['kind']> = Extract<wire.Message, { kind: K }>;
type ByKind = { readonly [K in wire.Message['kind']]: fc.Arbitrary<Of<K>> };
const said = <K extends wire.Message['kind']>(
  kind: K,
  fields: { [F in keyof Omit<Of<K>, 'kind'>]: fc.Arbitrary<Of<K>[F & keyof Of<K>]> },
): fc.Arbitrary<Of<K>> => fc.record({ ...fields, kind: fc.constant(kind) }) as unknown as fc.Arbitrary<Of<K>>;

/** Every message; a new kind does not compile without a line here. */
export const messages: ByKind = {
  hello: said('hello', { versionMin: u8, versionMax: u8, purpose: fc.constantFrom('control', 'bulk') }),
  goodbye: said('goodbye', { reason: fc.constantFrom(...REJECT_REASONS) }),
  probe: said('probe', { seq: u32, rumours }),
  ack: said('ack', { seq: u32, load: u8, rumours }),
  'probe-request': said('probe-request', { seq: u32, target: agentId, rumours }),
  'probe-report': said('probe-report', { seq: u32, target: agentId, reached: fc.boolean(), rumours }),
  join: said('join', { record }),
  welcome: said('welcome', { ring: ringId, members: rumours, contacts: few(record) }),
  referral: said('referral', { contacts: few(record) }),
  digest: said('digest', {
    ring: ringId,
    entries: few(fc.record({ id: agentId, state, incarnation: counter, sequence: counter })),
  }),
  delta: said('delta', { ring: ringId, members: rumours, contacts: few(record), wanted: few(agentId) }),
  'seat-probe': said('seat-probe', { seq: u32, ring: ringId, size: u32, path: seatPath }),
  'seat-ack': said('seat-ack', { seq: u32, ring: ringId, size: u32, path: seatPath }),
  'seat-entries': said('seat-entries', {
    parent: ringId,
    entries: few(fc.record({ ring: ringId, term: counter, primary: agentId })),
  }),
  seats: said('seats', {
    seats: few(seat),
    gone: few(fc.record({ ring: ringId, term: counter })),
    wanted: few(ringId),
  }),
  regroup: said('regroup', { ring: ringId, to: ringId, parent: ringId, agents: few(agentId) }),
  place: said('place', { seats: few(seat) }),
  cast: said('cast', {
    ...castId,
    previous: u32,
    reach: fc.constantFrom<wire.CastReach>('world', 'region', 'ring', 'topic'),
    target: topic,
    cover: fc.option(ringId, { nil: undefined }),
    climb: fc.option(ringId, { nil: undefined }),
    bytes: fc.uint8Array({ maxLength: 300 }),
  }),
  'cast-ack': said('cast-ack', { ...castId, taken: fc.boolean() }),
  'cast-have': said('cast-have', { casts }),
  'cast-pull': said('cast-pull', { casts }),
  interest: said('interest', { ring: ringId, topics: few(topic) }),
  fetch: said('fetch', {
    id: u32,
    name: text(200) as fc.Arbitrary<SegmentName>,
    target: text(200),
    tier: u8,
    chain: few(agentId),
    avoid: few(agentId),
    offset: fc.integer({ min: 0, max: limits.OBJECT_BYTES_MAX }),
    ifMatch: text(200),
    deadlineMs: u32,
    headers,
  }),
  filling: said('filling', { id: u32 }),
  head: said('head', { id: u32, status: fc.integer({ min: 0, max: 65_535 }), size, ageMs: counter, headers }),
  piece: said('piece', { id: u32, bytes: fc.uint8Array({ maxLength: 300 }) }),
  descriptor: said('descriptor', { id: u32, descriptor }),
  end: said('end', { id: u32 }),
  reset: said('reset', { id: u32, reason: reset }),
  cancel: said('cancel', { id: u32 }),
  redirect: said('redirect', {
    id: u32,
    rosters: fc.array(ringRoster, { maxLength: limits.ROSTERS_PER_REDIRECT_MAX }),
  }),
  get: said('get', {
    method: fc.constantFrom<wire.PlayerMethod>('GET', 'HEAD'),
    target: text(200),
    deadlineMs: u32,
    headers,
  }),
  answer: said('answer', { status: fc.integer({ min: 0, max: 65_535 }), size, headers }),
};

export const anyMessage: fc.Arbitrary<wire.Message> = fc.oneof(...Object.values(messages));
