// What one run of the load generator has counted so far.

const PROBLEMS_KEPT = 8;

export class Tally {
  bytes = 0;
  failed = 0;
  wrong = 0;
  resumed = 0;
  readonly ttfbMs: number[] = [];
  readonly totalMs: number[] = [];
  readonly problems: string[] = [];

  answer(ttfbMs: number, totalMs: number): void {
    this.ttfbMs.push(micros(ttfbMs));
    this.totalMs.push(micros(totalMs));
  }

  problem(why: string): void {
    if (this.problems.length < PROBLEMS_KEPT) this.problems.push(why);
  }
}

/** Whole microseconds: three digits instead of sixteen in what is sent. */
function micros(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
