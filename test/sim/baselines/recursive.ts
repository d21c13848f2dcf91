// Look-ups that travel: each agent hands the question to the next, and the home answers who asked, directly.
//
// Dabek et al. (NSDI 2004, section 4.2) measure recursive Chord at 0.6 of the time of iterative Chord, and Pastry and
// Tapestry know no other way; so Chord, Pastry and Tapestry share this. Every hop acknowledges; who does not within
// its time-out is shunned and the question takes the next best way. If the agent that has the question dies with it,
// who asked begins again after five seconds, three times at most.

import { Base, type Found, HEADER_BYTES } from './overlay.ts';

const AGAIN_MS = 5000;
const TRIES_MAX = 3;
/** No way is longer than the digits or bits of a key; more is a loop of stale tables. */
const HOPS_MAX = 64;

export interface Trip {
  readonly from: number;
  readonly key: number;
  readonly startedMs: number;
  readonly done: (found: Found | undefined) => void;
  /** Runs at each agent on the way, the home included. */
  readonly visit: ((at: number, hops: number) => void) | undefined;
  /** Runs at the home, before it answers. */
  readonly collect: ((home: number) => void) | undefined;
  /** What the home's answer carries. */
  readonly replyBytes: number;
  /** Whose tables the question enters by: not those of who asks, while that is not a member yet. */
  readonly start: number;
  /** No short cut on the way. */
  readonly toRoot: boolean;
  messages: number;
  crossRegion: number;
  timeouts: number;
  settled: boolean;
}

export type TripOptions = Partial<Pick<Trip, 'visit' | 'collect' | 'replyBytes' | 'start' | 'toRoot'>>;

/** Where a question goes next: to whom, in which phase of the protocol's routing. */
export interface Hop {
  /** The agent itself where it is the home; WAIT where a table must be mended first. */
  to: number;
  level: number;
}

export const WAIT = -2;

export abstract class Recursive extends Base {
  protected readonly hop: Hop = { to: 0, level: 0 };

  /** Decides at one agent. Answers in `hop`, reused by every call. */
  protected abstract route(at: number, key: number, level: number): void;

  /** Mends what made `route` answer WAIT. */
  protected mend(_at: number, _trip: Trip, then: () => void): void {
    then();
  }

  /** @returns a holder of a copy that this agent knows of, which ends the way; -1 for none */
  protected shortcut(_at: number, _key: number): number {
    return -1;
  }

  lookup(from: number, key: number, done: (found: Found | undefined) => void): void {
    this.travel(from, key, done, {});
  }

  protected travel(
    from: number,
    key: number,
    done: (found: Found | undefined) => void,
    { visit, collect, replyBytes = HEADER_BYTES, start = from, toRoot = false }: TripOptions,
  ): void {
    const startedMs = this.fabric.nowMs;
    const fixed = { from, key, startedMs, done, visit, collect, replyBytes, start, toRoot };
    this.#attempt({ ...fixed, messages: 0, crossRegion: 0, timeouts: 0, settled: false }, 1);
  }

  #attempt(trip: Trip, attempt: number): void {
    this.fabric.after(trip.from, AGAIN_MS, () => {
      if (trip.settled) return;
      if (attempt < TRIES_MAX) this.#attempt(trip, attempt + 1);
      else {
        trip.settled = true;
        trip.done(undefined);
      }
    });
    if (trip.start === trip.from) this.#advance(trip.from, trip, 0, 0);
    else this.#forward(trip.from, trip.start, trip, { level: 0, hops: 0 }, () => {});
  }

  #advance(at: number, trip: Trip, level: number, hops: number): void {
    if (trip.settled || hops > HOPS_MAX) return;
    const holder = trip.toRoot ? -1 : this.shortcut(at, trip.key);
    if (holder >= 0) {
      this.#fetch(at, holder, trip, level, hops);
      return;
    }
    this.route(at, trip.key, level);
    const { to, level: next } = this.hop;
    const again = (): void => this.#advance(at, trip, level, hops);
    if (to === WAIT) {
      this.mend(at, trip, again);
      return;
    }
    trip.visit?.(at, hops);
    if (to === at) this.#answer(at, trip, hops);
    else this.#forward(at, to, trip, { level: next, hops: hops + 1 }, again);
  }

  #forward(at: number, to: number, trip: Trip, as: { level: number; hops: number }, again: () => void): void {
    this.#count(at, to, trip);
    this.ask({
      from: at,
      to,
      known: true,
      serve: () => this.#advance(to, trip, as.level, as.hops),
      answered: () => {},
      silent: () => {
        trip.timeouts += 1;
        again();
      },
    });
  }

  #fetch(at: number, holder: number, trip: Trip, level: number, hops: number): void {
    if (holder === at) {
      this.#answer(at, trip, hops);
      return;
    }
    this.#count(at, holder, trip);
    this.ask({
      from: at,
      to: holder,
      known: true,
      serve: () => this.#answer(holder, trip, hops + 1),
      answered: () => {},
      silent: () => {
        trip.timeouts += 1;
        this.#advance(at, trip, level, hops);
      },
    });
  }

  #answer(home: number, trip: Trip, hops: number): void {
    trip.collect?.(home);
    if (home !== trip.from) {
      this.#count(home, trip.from, trip);
      this.fabric.tell(home, trip.from, trip.replyBytes, () => this.#end(home, trip, hops));
    } else this.#end(home, trip, hops);
  }

  #end(home: number, trip: Trip, hops: number): void {
    if (trip.settled) return;
    trip.settled = true;
    const { messages, crossRegion, timeouts } = trip;
    const latencyMs = this.fabric.nowMs - trip.startedMs;
    trip.done({ home, latencyMs, hops, messages, crossRegion, timeouts });
  }

  #count(from: number, to: number, trip: Trip): void {
    trip.messages += 1;
    if (this.fabric.network.crossesRegions(from, to)) trip.crossRegion += 1;
  }
}
