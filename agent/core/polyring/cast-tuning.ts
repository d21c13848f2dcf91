// Every constant of multicast: meaning, formula, trade-off.

export interface CastTuning {
  /** Least wait for an acknowledgement before the next contact is asked: below it a busy machine looks dead. */
  readonly ackWaitMsMin: number;
  /** The wait while no round trip to that ring was measured, inside the region. Too short costs a ring's worth of
   *  copies that are thrown away; too long delays a whole ring behind a dead contact. */
  readonly ackWaitUnknownMs: number;
  /** The same across regions: above the longest round trip of the globe, some 300 ms. */
  readonly ackWaitUnknownWorldMs: number;
  /** How long a cast is kept to be sent again: links that break show it within this time. */
  readonly keepMs: number;
  /** Casts kept, of all origins. */
  readonly keptMax: number;
  /** Bytes kept. */
  readonly keptBytesMax: number;
  /** Origins whose numbers are remembered, so that nothing is delivered twice. */
  readonly originsMax: number;
  /** Rings that were handed to a contact and may have to be handed to another. */
  readonly dutiesMax: number;
  /** A gap in an origin's numbers is asked for after this: what was merely overtaken has come by then. */
  readonly gapWaitMs: number;
  /** Agents asked for one missing cast: three, 250 ms apart, fit into the second that a gap may last. */
  readonly pullsPerGap: number;
  /** Gaps that are being asked for. */
  readonly gapsMax: number;
  /** Rings whose round trip is remembered. */
  readonly roundTripsMax: number;
  /** How long an interest in a topic holds unless it is repeated. */
  readonly interestMs: number;
  /** How often it is repeated: two may be lost. */
  readonly interestEveryMs: number;
}

export const CAST_TUNING: CastTuning = {
  ackWaitMsMin: 60,
  ackWaitUnknownMs: 200,
  ackWaitUnknownWorldMs: 500,
  keepMs: 5_000,
  keptMax: 256,
  keptBytesMax: 1 << 20,
  originsMax: 1_024,
  dutiesMax: 2_048,
  gapWaitMs: 250,
  pullsPerGap: 3,
  gapsMax: 128,
  roundTripsMax: 128,
  interestMs: 30_000,
  interestEveryMs: 10_000,
};
