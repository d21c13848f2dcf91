// Which casts have come, so that none is delivered twice, and the latest ones themselves, so that they can be sent
// again.
//
// Each origin counts its casts up from 1, so what has come of one origin is its highest number and a bit for each of
// the 32 before it: a few words for any number of casts. What is older than that window counts as seen, since a
// second delivery is worse than a missed one. A new incarnation of the origin starts anew, an old one is over.

import type { AgentId, RingId } from '../../wire/ids.ts';
import type { Cast, CastId } from '../../wire/message.ts';
import type { CastTuning } from './cast-tuning.ts';

/** A cast that may be sent again. */
export interface KeptCast {
  readonly cast: Cast;
  readonly atMs: number;
  /** Who sent it; undefined for an own one. */
  readonly from: AgentId | undefined;
  /** Rings that this agent has passed it on to. */
  readonly covered: RingId[];
}

interface Origin {
  incarnation: number;
  /** First and highest number that came. */
  first: number;
  highest: number;
  /** Bit i: number `highest - i` has come. */
  bits: number;
  kept: KeptCast[];
}

const WINDOW = 32;

export class CastLog {
  readonly #tuning: CastTuning;
  /** Least recently heard first. */
  readonly #origins: Map<AgentId, Origin> = new Map();
  /** All that is kept, oldest first. */
  readonly #kept: KeptCast[] = [];
  #keptBytes = 0;

  constructor(tuning: CastTuning) {
    this.#tuning = tuning;
  }

  has({ origin, incarnation, seq }: CastId): boolean {
    const log = this.#origins.get(origin);
    if (log === undefined || incarnation > log.incarnation) return false;
    if (incarnation < log.incarnation) return true;
    const back = log.highest - seq;
    return back >= 0 && (back >= WINDOW || ((log.bits >>> back) & 1) === 1);
  }

  /** Is this a number that should have come: after the first that did, and still within the window? */
  lacks(id: CastId): boolean {
    const log = this.#origins.get(id.origin);
    return log !== undefined && log.incarnation === id.incarnation && id.seq > log.first && !this.has(id);
  }

  /** @param cast one that has not come yet */
  add(cast: Cast, from: AgentId | undefined, nowMs: number): KeptCast {
    const { origin, incarnation, seq } = cast;
    const before = this.#origins.get(origin);
    const log =
      before?.incarnation === incarnation
        ? before
        : { incarnation, first: seq, highest: seq - 1, bits: 0, kept: [] };
    const ahead = seq - log.highest;
    if (ahead > 0) {
      log.bits = ((ahead >= WINDOW ? 0 : log.bits << ahead) | 1) >>> 0;
      log.highest = seq;
    } else log.bits = (log.bits | (1 << -ahead)) >>> 0;
    if (before !== undefined) this.#origins.delete(origin);
    this.#origins.set(origin, log);
    const kept = { cast, atMs: nowMs, from, covered: [] };
    log.kept.push(kept);
    this.#kept.push(kept);
    this.#keptBytes += cast.bytes.length;
    this.#trim(nowMs);
    return kept;
  }

  kept({ origin, incarnation, seq }: CastId): KeptCast | undefined {
    const log = this.#origins.get(origin);
    if (log?.incarnation !== incarnation) return undefined;
    return log.kept.find(({ cast }) => cast.seq === seq);
  }

  /** @returns what came within `keepMs`, oldest first */
  recent(nowMs: number): readonly KeptCast[] {
    this.#trim(nowMs);
    return this.#kept;
  }

  #trim(nowMs: number): void {
    const { keepMs, keptMax, keptBytesMax, originsMax } = this.#tuning;
    let drop = 0;
    for (const { cast, atMs } of this.#kept) {
      const excess = this.#kept.length - drop > keptMax || this.#keptBytes > keptBytesMax;
      if (!excess && nowMs - atMs <= keepMs) break;
      drop += 1;
      this.#keptBytes -= cast.bytes.length;
      const log = this.#origins.get(cast.origin);
      if (log?.kept[0]?.cast === cast) log.kept.shift();
      else if (log !== undefined) log.kept = log.kept.filter((kept) => kept.cast !== cast);
    }
    if (drop > 0) this.#kept.splice(0, drop);
    for (const origin of this.#origins.keys()) {
      if (this.#origins.size <= originsMax) break;
      this.#origins.delete(origin);
    }
  }
}
