// Where a ring's seat belongs: the one place that decides about parents.
//
// A ring stays with its parent for as long as another seat is there too; a parent with one seat is dissolved after a
// while and its child takes its place. The top ring of a region sits in the world ring where other regions are known.
// Two tops of one region fold by a fixed rule: the lower level goes below the higher; two leaf rings that fit
// into one do so; any others take the region's ring of the next level as their parent, whose name is known
// to both without a word (ids.ts). So that ring needs no founder, and cannot be founded twice.

import { type RingId, regionRing, ringLevel, topLabel, WORLD } from '../../wire/ids.ts';
import type { SeatContact } from '../../wire/record.ts';
import { foldsInto, mayFold } from './fold.ts';
import type { RegionContacts } from './region-contacts.ts';
import type { RingSizes } from './ring-size.ts';
import type { SeatTable } from './seat-table.ts';
import type { Rival } from './seat-talk.ts';
import type { Tuning } from './tuning.ts';

/** Rivals and adoptions that are remembered. */
const KNOWN_MAX = 8;
/** A rival that was not met again for this long has found its place, or is gone: it is asked every 2 s. */
const RIVAL_MS = 5_000;
/** A tree that was met is taken for one that stays once it was met again after this long: at a start there are many
 *  small ones for a moment. */
const RIPE_MS = 1_500;
/** An order that led to no seat within this time is forgotten. */
const ADOPTION_MS = 20_000;

export type Parent =
  | { readonly kind: 'stay'; readonly parent: RingId }
  /** `ring`, the parent so far, has no other seat. */
  | { readonly kind: 'dissolve'; readonly ring: RingId; readonly parent: RingId | undefined }
  /** The leaf ring goes over to another one. */
  | {
      readonly kind: 'fold';
      readonly into: RingId;
      readonly contact: Rival['contact'];
      readonly parent?: never;
    };

export interface ParentageOptions {
  readonly seats: SeatTable;
  readonly contacts: RegionContacts;
  readonly sizes: RingSizes;
  readonly tuning: Tuning;
  readonly label: string;
}

export class Parentage {
  readonly #options: ParentageOptions;
  /** Parents by order, of rings that have no seat there yet. */
  readonly #adopted: Map<RingId, { readonly parent: RingId; readonly untilMs: number }> = new Map();
  readonly #rivals: Map<
    RingId,
    { readonly rival: Rival; readonly sinceMs: number; readonly heardMs: number }
  > = new Map();
  /** Since when a parent has one seat. */
  readonly #lonelyMs: Map<RingId, number> = new Map();

  constructor(options: ParentageOptions) {
    this.#options = options;
  }

  /** The ring shall go below that parent. */
  adopt(ring: RingId, parent: RingId, nowMs: number): void {
    if (parent === ring || ringLevel(parent) <= ringLevel(ring)) return;
    bounded(this.#adopted).set(ring, { parent, untilMs: nowMs + ADOPTION_MS });
  }

  adopted(ring: RingId, nowMs: number): RingId | undefined {
    const known = this.#adopted.get(ring);
    return known === undefined || known.untilMs < nowMs ? undefined : known.parent;
  }

  /** Another tree of the region was met. @returns whether it was unknown */
  meet(rival: Rival, nowMs: number): boolean {
    const known = this.#rivals.get(rival.top);
    const isNew = known === undefined || nowMs - known.heardMs > RIVAL_MS;
    bounded(this.#rivals).set(rival.top, { rival, sinceMs: isNew ? nowMs : known.sinceMs, heardMs: nowMs });
    return isNew;
  }

  /** Whether the tree is known for long enough to build upon. */
  isRipe(rival: Rival): boolean {
    const known = this.#rivals.get(rival.top);
    return known === undefined || known.heardMs - known.sinceMs >= RIPE_MS;
  }

  /** Other trees of the region: met, or seen in the world ring. */
  rivals(nowMs: number): Rival[] {
    const { seats, label } = this.#options;
    const rivals: Rival[] = [];
    for (const seat of seats.world) {
      if (seat.ring === seats.top || topLabel(seat.region) !== label) continue;
      rivals.push({ top: seat.ring, size: seat.size, contact: seat.contacts[0] as SeatContact });
    }
    for (const [top, { rival, heardMs }] of this.#rivals) {
      const placed = seats.seated(top);
      if (
        nowMs - heardMs > RIVAL_MS ||
        seats.isAbove(top) ||
        (placed !== undefined && seats.isAbove(placed.parent))
      ) {
        this.#rivals.delete(top);
      } else if (!rivals.some((each) => each.top === top)) rivals.push(rival);
    }
    return rivals.sort((a, b) => ringLevel(b.top) - ringLevel(a.top) || (a.top < b.top ? -1 : 1));
  }

  /** @returns the parent that the ring has within its region */
  inRegion(ring: RingId, nowMs: number): RingId | undefined {
    const parent = this.#options.seats.seated(ring)?.parent;
    return parent === undefined || parent === WORLD ? this.adopted(ring, nowMs) : parent;
  }

  /** The ring that a top ring which splits gets as its parent. */
  founded(ring: RingId): RingId {
    return regionRing(ringLevel(ring) + 1, this.#options.label);
  }

  /** @param size agents below the ring
   *  @returns what becomes of the ring's place; undefined where it needs none */
  of(ring: RingId, size: number, nowMs: number): Parent | undefined {
    const parent = this.inRegion(ring, nowMs);
    if (parent === undefined) return this.#ofTop(ring, size, nowMs);
    const { seats, tuning } = this.#options;
    if (seats.seatsOf(parent).some((seat) => seat.ring !== ring)) {
      this.#lonelyMs.delete(parent);
      return { kind: 'stay', parent };
    }
    const sinceMs = this.#lonelyMs.get(parent) ?? nowMs;
    bounded(this.#lonelyMs).set(parent, sinceMs);
    if (nowMs - sinceMs < tuning.dissolveMs) return { kind: 'stay', parent };
    this.#lonelyMs.delete(parent);
    this.#adopted.delete(ring);
    return { kind: 'dissolve', ring: parent, parent: seats.seated(parent)?.parent };
  }

  #ofTop(ring: RingId, size: number, nowMs: number): Parent | undefined {
    const { seats, contacts, sizes, label } = this.#options;
    const level = ringLevel(ring);
    for (const rival of this.rivals(nowMs)) {
      const { top, size: theirSize, contact } = rival;
      if (ringLevel(top) < level) break;
      const isRipe = this.isRipe(rival);
      if (ringLevel(top) > level && !isRipe) continue;
      if (ringLevel(top) > level) return { kind: 'stay', parent: top };
      const [ours, theirs] = [
        { ring, size },
        { ring: top, size: theirSize },
      ];
      if (foldsInto(ours, theirs, sizes) && level === 0) return { kind: 'fold', into: top, contact };
      if (isRipe && (level > 0 || !mayFold(ours, theirs, sizes)))
        return { kind: 'stay', parent: this.founded(ring) };
    }
    const elsewhere = seats.world.some((seat) => topLabel(seat.region) !== label);
    return elsewhere || contacts.elsewhere.length > 0 ? { kind: 'stay', parent: WORLD } : undefined;
  }
}

/** Makes room for one more by the entry that was put in first. */
function bounded<K, V>(map: Map<K, V>): Map<K, V> {
  if (map.size < KNOWN_MAX) return map;
  for (const key of map.keys()) {
    map.delete(key);
    break;
  }
  return map;
}
