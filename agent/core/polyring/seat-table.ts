// The seats that an agent knows, and the path that follows from them.
//
// One record a ring, the newest. A ring of seats is the set of records that name it as their parent; the path of an
// agent is its leaf ring, that ring's parent, and so on. A seat that nobody answered for is kept as `gone`, so that
// older news does not bring it back; and a seat that has left the path is kept for as long, to correct those who still
// hold an earlier record of it. Nobody believes that a ring above itself is gone: it is the proof to the contrary.

import { type RingId, ringLevel, topLabel, WORLD } from '../../wire/ids.ts';
import { MEMBERS_MAX } from '../../wire/limits.ts';
import type { GoneSeat, PathDigest, SeatEntry } from '../../wire/message.ts';
import { compareSeats, primaryOf, type SeatRecord } from '../../wire/record.ts';
import type { PathRing } from './path.ts';

/** Seats kept besides those of the path. */
const ASIDE_MAX = 256;

interface Entry {
  record: SeatRecord;
  gone: boolean;
  /** Since when it is gone, or off the path; 0 while it is on the path. */
  sinceMs: number;
}

export class SeatTable {
  /** Changes whenever the path does. */
  version = 1;
  readonly #label: string;
  readonly #entries: Map<RingId, Entry> = new Map();
  #leaf: RingId;
  #path: readonly PathRing[] | undefined;
  #world: readonly SeatRecord[] = [];
  #digest: readonly PathDigest[] | undefined;

  constructor(leaf: RingId, label: string) {
    this.#leaf = leaf;
    this.#label = label;
  }

  /** The leaf ring, where the path begins. */
  get leaf(): RingId {
    return this.#leaf;
  }

  set leaf(ring: RingId) {
    this.#leaf = ring;
    this.#changed();
  }

  /** The rings above, from the leaf ring's parent upwards. One array until they change. */
  get path(): readonly PathRing[] {
    this.#path ??= this.#build();
    return this.#path;
  }

  /** Seats of regions, this one's own included, also where this region has none yet. */
  get world(): readonly SeatRecord[] {
    this.#path ??= this.#build();
    return this.#world;
  }

  /** The highest ring on the path that belongs to the region. */
  get top(): RingId {
    const { path } = this;
    const last = path.at(-1);
    if (last === undefined) return this.#leaf;
    return last.ring === WORLD ? last.own.ring : last.ring;
  }

  /** @returns the newest record of the ring's seat, though it may be gone, moved or vacated */
  get(ring: RingId): SeatRecord | undefined {
    return this.#entries.get(ring)?.record;
  }

  /** @returns the ring's seat, if it holds one */
  seated(ring: RingId): SeatRecord | undefined {
    const entry = this.#entries.get(ring);
    return entry === undefined || entry.gone || isVacant(entry.record) ? undefined : entry.record;
  }

  isGone(ring: RingId): boolean {
    return this.#entries.get(ring)?.gone === true;
  }

  /** Whether the ring is this agent's leaf ring or one above it. */
  isAbove(ring: RingId): boolean {
    return ring === this.#leaf || this.path.some((each) => each.ring === ring);
  }

  /** @returns 0 where the record is no news: known, old, or of another region; else the level of the highest ring
   *  that it concerns */
  learn(record: SeatRecord, nowMs: number): number {
    const known = this.#entries.get(record.ring);
    let level = ringLevel(record.parent);
    if (known !== undefined) {
      if (compareSeats(entryOf(record), entryOf(known.record)) <= 0) return 0;
      level = Math.max(level, ringLevel(known.record.parent));
      known.record = record;
      known.gone = false;
      known.sinceMs = 0;
    } else {
      if (!this.#isOfInterest(record)) return 0;
      this.#entries.set(record.ring, { record, gone: false, sinceMs: 0 });
      if (this.#entries.size > ASIDE_MAX) this.expire(Number.POSITIVE_INFINITY, nowMs);
    }
    this.#changed();
    return level;
  }

  /** Whether more is known of the ring than this record says: a newer one, or that the seat is gone. */
  isNewer(record: SeatRecord): boolean {
    const known = this.#entries.get(record.ring);
    if (known === undefined) return false;
    const order = compareSeats(entryOf(record), entryOf(known.record));
    return order < 0 || (order === 0 && known.gone);
  }

  /** Believes that nobody answers for the seat. @returns whether that was news */
  bury({ ring, term }: GoneSeat, nowMs: number): boolean {
    const entry = this.#entries.get(ring);
    if (entry === undefined || entry.gone || entry.record.term !== term || this.isAbove(ring)) return false;
    entry.gone = true;
    entry.sinceMs = nowMs;
    this.#changed();
    return true;
  }

  /** Seats that are gone, of rings on the path. */
  get buried(): SeatRecord[] {
    const rings = new Set([WORLD, ...this.path.map(({ ring }) => ring)]);
    const buried: SeatRecord[] = [];
    for (const { gone, record } of this.#entries.values()) {
      if (gone && rings.has(record.parent)) buried.push(record);
    }
    return buried;
  }

  /** Forgets what is gone or off the path for longer than `keptMs`, and the oldest of what is too many. */
  expire(keptMs: number, nowMs: number): void {
    const used = new Set<RingId>([this.#leaf, WORLD]);
    for (const { ring } of this.path) used.add(ring);
    const aside: Entry[] = [];
    for (const entry of this.#entries.values()) {
      const { record } = entry;
      const onPath = !isVacant(record) && (used.has(record.parent) || used.has(record.ring));
      if (onPath && !entry.gone) entry.sinceMs = 0;
      else {
        if (entry.sinceMs === 0) entry.sinceMs = nowMs;
        aside.push(entry);
      }
    }
    aside.sort((a, b) => a.sinceMs - b.sinceMs);
    const tooMany = aside.length - ASIDE_MAX / 2;
    let dropped = 0;
    for (const entry of aside) {
      if (dropped >= tooMany && nowMs - entry.sinceMs < keptMs) break;
      this.#entries.delete(entry.record.ring);
      dropped += 1;
    }
    if (dropped > 0) this.#changed();
  }

  /** What is compared with others: a sum for each ring on the path, and for the world ring where it has seats. */
  get digest(): readonly PathDigest[] {
    if (this.#digest !== undefined) return this.#digest;
    const rings = this.path.map(({ ring, seats }) => ({
      ring,
      hash: hashOf(seats as readonly SeatRecord[]),
    }));
    if (this.path.at(-1)?.ring !== WORLD && this.#world.length > 0) {
      rings.push({ ring: WORLD, hash: hashOf(this.#world) });
    }
    this.#digest = rings;
    return rings;
  }

  /** @returns the seats of a ring, as many as are known */
  seatsOf(parent: RingId): readonly SeatRecord[] {
    if (parent === WORLD) return this.world;
    const known = this.path.find(({ ring }) => ring === parent);
    if (known !== undefined) return known.seats as readonly SeatRecord[];
    return sorted(
      [...this.#entries.values()].filter((each) => isIn(each, parent)).map(({ record }) => record),
    );
  }

  entriesOf(parent: RingId): SeatEntry[] {
    return this.seatsOf(parent).slice(0, MEMBERS_MAX).map(entryOf);
  }

  #isOfInterest(record: SeatRecord): boolean {
    return record.parent === WORLD || topLabel(record.region) === this.#label;
  }

  #build(): readonly PathRing[] {
    const byParent = new Map<RingId, SeatRecord[]>([[WORLD, []]]);
    for (let ring = this.#leaf; ; ) {
      const entry = this.#entries.get(ring);
      if (entry === undefined || isVacant(entry.record)) break;
      entry.gone = false;
      ring = entry.record.parent;
      byParent.set(ring, []);
    }
    for (const entry of this.#entries.values()) {
      if (!entry.gone && !isVacant(entry.record)) byParent.get(entry.record.parent)?.push(entry.record);
    }
    this.#world = sorted(byParent.get(WORLD) ?? []);
    const path: PathRing[] = [];
    for (let ring = this.#leaf; ; ) {
      const own = this.#entries.get(ring)?.record;
      if (own === undefined || isVacant(own)) return path;
      ring = own.parent;
      const seats = ring === WORLD ? this.#world : sorted(byParent.get(ring) ?? []);
      path.push({ ring, level: ringLevel(ring), seats, own });
    }
  }

  #changed(): void {
    this.version += 1;
    this.#path = undefined;
    this.#digest = undefined;
  }
}

/** A ring that names itself as its parent is in no other. */
export function isVacant(seat: { readonly ring: RingId; readonly parent: RingId }): boolean {
  return seat.parent === seat.ring;
}

export function entryOf(record: SeatRecord): SeatEntry {
  return { ring: record.ring, term: record.term, primary: primaryOf(record) };
}

function isIn({ record, gone }: Entry, parent: RingId): boolean {
  return !gone && record.parent === parent && !isVacant(record);
}

function sorted(seats: SeatRecord[]): readonly SeatRecord[] {
  return seats.sort((a, b) => (a.ring < b.ring ? -1 : 1));
}

/** Order does not matter, so that it can be summed over any list. */
function hashOf(seats: readonly SeatRecord[]): number {
  let sum = seats.length;
  for (const { ring, term, contacts } of seats) {
    let hash = 0x811c9dc5 ^ term;
    for (let at = 0; at < ring.length; at += 1) hash = Math.imul(hash ^ ring.charCodeAt(at), 0x01000193);
    const primary = contacts[0]?.id ?? '';
    for (let at = 0; at < 8; at += 1) hash = Math.imul(hash ^ primary.charCodeAt(at), 0x01000193);
    sum = (sum + Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)) >>> 0;
  }
  return sum;
}
