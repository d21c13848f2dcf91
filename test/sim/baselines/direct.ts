// Not a baseline but the floor under all of them: everyone knows everyone.
//
// A key's home is its successor, asked directly; a broadcast goes from its source to each agent, one message each, as
// if uplinks were free. What an overlay with one home in the world adds to this is its penalty; only an
// overlay with nearer homes can be below it in look-ups, and none in the time of a broadcast.

import { Base, type Found, HEADER_BYTES, type Spread } from './overlay.ts';

/** Scope of the source; everyone else sends nothing on. */
const SOURCE = 0;
const END = 1;

export class Direct extends Base {
  readonly name = 'direct';

  settle(): void {
    this.open(this.directory.order);
  }

  join(agent: number): void {
    this.open([agent]);
  }

  homeOf(key: number): number {
    return this.living.member(this.living.rankOf(key));
  }

  neighbours(agent: number): number[] {
    return [...this.living.order].filter((each) => each !== agent);
  }

  lookup(from: number, key: number, done: (found: Found | undefined) => void): void {
    const startedMs = this.fabric.nowMs;
    const home = this.homeOf(key);
    const crossRegion = this.fabric.network.crossesRegions(from, home) ? 2 : 0;
    const found = { home, latencyMs: 0, hops: 0, messages: 0, crossRegion: 0, timeouts: 0 };
    if (home === from) {
      done(found);
      return;
    }
    const answered = (): void => {
      done({ ...found, hops: 1, messages: 2, crossRegion, latencyMs: this.fabric.nowMs - startedMs });
    };
    const replyBytes = HEADER_BYTES;
    this.ask({
      from,
      to: home,
      known: true,
      replyBytes,
      serve: () => {},
      answered,
      silent: () => done(undefined),
    });
  }

  protected relay(at: number, scope: number, spread: Spread): void {
    if (scope !== SOURCE) return;
    for (const to of this.directory.order) if (to !== at) this.hand(at, to, END, spread, () => {});
  }

  protected upkeep(): void {}
  protected forget(): void {}
  protected learn(): void {}
  protected clear(): void {}
}
