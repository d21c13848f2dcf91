// Every constant of the swarm: meaning, formula, trade-off.

export interface SwarmTuning {
  /** Least time that a peer gets to show a sign of life for a fetch, in ms. Lower finds a stopped home sooner;
   *  too low, and one that is merely busy is passed over, which costs an extra origin fetch: at 300 ms that was seen
   *  on a machine with five processes per core. A dead one is found by its reset link, which takes no wait. */
  readonly firstSignMsMin: number;
  /** The same, in round-trip times to that peer: whichever is longer holds. */
  readonly firstSignRtts: number;
  /** Peers that may fail a fill in one ring before the next ring, or the origin, is asked, whoever is home. */
  readonly peersPerFillMax: number;
  /** Redirects followed in one ring: one for each level below it, and one for a roster that was old. */
  readonly redirectsMax: number;
  /** Rosters of other rings kept: at 32 members each, some 100 KB. All leaf rings of a region of 2,000 agents. */
  readonly rostersMax: number;
  /** Whose homes ask the origin: those of the region's top ring. `world` adds one ring and saves the origin all but
   *  one fetch of a segment; the other regions copy it. */
  readonly originLevel: 'region' | 'world';
  /** Times that the origin is asked for one fill; the second only after it broke off half-way. */
  readonly originPerFillMax: number;
  /** How long a peer that showed no sign of life is left out of the placement, in ms: long enough for the failure
   *  detector to decide (6.2 s p99 in a ring of 32), short enough that a passing stall costs little. */
  readonly shunMs: number;
  /** The same for a peer whose bytes were not what is signed, in ms: it has broken memory or lies, and an operator needs
   *  time to see it. Not for ever, for nothing here proves it to others. */
  readonly corruptShunMs: number;
  /** Fills in flight; more wants than that are refused. Bounds memory under a scan of uncached objects. */
  readonly fillsMax: number;
}

export const SWARM_TUNING: SwarmTuning = {
  firstSignMsMin: 500,
  firstSignRtts: 2,
  peersPerFillMax: 2,
  redirectsMax: 4,
  rostersMax: 64,
  originLevel: 'region',
  originPerFillMax: 2,
  shunMs: 5_000,
  corruptShunMs: 600_000,
  fillsMax: 4_096,
};
