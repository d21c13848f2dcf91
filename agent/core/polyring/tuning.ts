// Every constant of membership, in one place: what it means, its unit, where the number comes from, what it trades.
//
// The sources: SWIM (Das, Gupta, Motivala, 2002), Lifeguard (Dadgar, Phillips, Currey, 2018), and POLYRING.md for the
// project's own numbers. Time-outs of a single probe are not here as numbers: they follow the measured round trip.

import { CONTACTS_MAX, MEMBERS_MAX, RUMOURS_MAX } from '../../wire/limits.ts';

export interface Tuning {
  /** Members that a ring aims at, T: ring-size.ts derives the bounds. 32 keeps a ring's full mesh at 31 links an
   *  agent and three levels for 30,000 agents. */
  readonly ringSize: number;
  /** Time between two probes of other seats of a ring by one seat, and of the world ring: the three representatives
   *  take turns. */
  readonly seatProbeMs: number;
  readonly worldProbeMs: number;
  /** Wait for a seat's contact before the next one is asked: over the longest round trip of two regions. */
  readonly seatAckWaitMs: number;
  /** A seat none of whose contacts answered for this long is gone. Its ring needs up to 6 s to replace them all. */
  readonly seatGoneMs: number;
  /** Least time between two records of one seat, and where only its size or its spare contacts changed. */
  readonly seatIssueMs: number;
  readonly seatCalmMs: number;
  /** How often a primary looks after its rings. */
  readonly keepMs: number;
  /** A new leaf ring takes a seat after this long, and one of a single agent, which may still be on its way. */
  readonly settleMs: number;
  readonly settleAloneMs: number;
  /** How long who founded a leaf ring is its primary before it has a seat. */
  readonly founderMs: number;
  /** A ring too small merges after this long; a ring with one seat is dissolved after the other: both may be passing. */
  readonly mergeAfterMs: number;
  readonly dissolveMs: number;
  /** Rings farther apart than this do not merge, whatever their declared places say (CoralCDN's cluster diameter). */
  readonly siblingRttMaxMs: number;
  /** Time between two probes of one agent. Halving it halves the first suspicion and doubles the traffic. */
  readonly probeIntervalMs: number;
  /** Wait for an ack before relays are asked: srtt + 4 rttvar, kept between these two. */
  readonly ackWaitMinMs: number;
  readonly ackWaitMaxMs: number;
  /** The same wait while no round trip to the member was measured. */
  readonly ackWaitUnknownMs: number;
  /** Longest wait of a relay before it sends its nack, so that the nack is there before the asker's verdict: one
   *  that comes late is held against the asker's own health. */
  readonly relayWaitMaxMs: number;
  /** From a probe to the verdict that it failed: an ack held up by one TCP retransmission (200 ms) still comes in
   *  time, over a round trip of 100 ms, and so do the relays' answers. */
  readonly verdictMs: number;
  /** Members asked to probe on our behalf. SWIM's k: 3 make a false suspicion by one bad path rare. */
  readonly relays: number;
  /** Ceiling of Lifeguard's local health multiplier: intervals and waits stretch up to (1 + this) times. */
  readonly localHealthMax: number;
  /** Shortest suspicion = this x max(1, log10 n) x probe interval: 3.0 s at n = 32, 2 s up to n = 10. Time to refute. */
  readonly suspicionPeriods: number;
  /** Longest suspicion, with one accuser, as a multiple of the shortest. Lifeguard's beta. */
  readonly suspicionStretch: number;
  /** Independent accusers after which a suspicion is as short as it gets; fewer where the ring has fewer. */
  readonly accusers: number;
  /** A rumour is sent this x ceil(log10(n + 1)) times by each agent that hears it: k = 12 times at n = 32. About
   *  e^-k of the agents miss it until tables are compared; with k = 8 one kill in eighty took 9 s instead of 4. */
  readonly rumourRepeats: number;
  /** Rumours on one message. 4 carry the news of a ring at 10 %/min churn; a storm takes more messages. */
  readonly rumoursPerMessage: number;
  /** Members told at once of a new suspicion or death: without it each hop waits for a probe, 0.25 s on average. */
  readonly pushes: number;
  /** Least time between two such pushes, so that a storm of news does not make a storm of probes. */
  readonly pushIntervalMs: number;
  /** Time between two comparisons of the whole table with one random member. */
  readonly antiEntropyIntervalMs: number;
  /** The first such time after a start or a change of ring; it doubles up to the above. Newcomers lack the most. */
  readonly antiEntropyFirstMs: number;
  /** How long the dead and the departed are remembered: beyond every rumour's life and most partitions. */
  readonly tombstoneMs: number;
  /** How long former members that moved to another ring are remembered: many comparisons of tables. */
  readonly movedMs: number;
  /** Time between two probes to a random tombstone, so that the halves of a partition find each other again. */
  readonly healIntervalMs: number;
  /** Time between two questions to a seed or cached peer that is no living member, for ever. */
  readonly seedIntervalMs: number;
  /** First delay of the same while alone, or while another ring of the region is known; doubles up to the above. */
  readonly seedFirstMs: number;
  /** Longest delay of the same while alone. */
  readonly seedAloneMs: number;
  /** Time between two questions to a contact of another region: keeps both sides' contacts fresh. The first ones
   *  come after 2, 4, 8 .. s, as regions that start together learn of each other this way. */
  readonly contactIntervalMs: number;
  /** No answer within this counts against a contact; also how long a welcome to a question is accepted. */
  readonly answerWaitMs: number;
  /** Unanswered questions in a row after which a contact is dropped. */
  readonly contactFailures: number;
  /** How long a dropped contact is not taken back from hearsay: until all who were told of it with us dropped it. */
  readonly contactRestMs: number;
  /** Contacts kept per region: 3 representatives and two spares, as a seat record has. */
  readonly contactsPerRegion: number;
  /** Regions of which contacts are kept. */
  readonly regions: number;
  /** Contacts of other regions on one delta. */
  readonly contactsPerDelta: number;
  /** Members told at once of an own change of ring: e^-8 of them miss it and learn by their next probe. */
  readonly moveNotices: number;
  /** Members of one welcome or delta; larger tables take several, so that 1.1 KB records fit a frame. */
  readonly membersPerMessage: number;
}

export const TUNING: Tuning = {
  ringSize: 32,
  seatProbeMs: 1_000,
  worldProbeMs: 2_000,
  seatAckWaitMs: 600,
  seatGoneMs: 15_000,
  seatIssueMs: 1_000,
  seatCalmMs: 5_000,
  keepMs: 1_000,
  settleMs: 3_000,
  settleAloneMs: 6_000,
  founderMs: 10_000,
  mergeAfterMs: 5_000,
  dissolveMs: 20_000,
  siblingRttMaxMs: 60,
  probeIntervalMs: 500,
  ackWaitMinMs: 60,
  ackWaitMaxMs: 200,
  ackWaitUnknownMs: 150,
  relayWaitMaxMs: 120,
  verdictMs: 400,
  relays: 3,
  localHealthMax: 8,
  suspicionPeriods: 4,
  suspicionStretch: 6,
  accusers: 3,
  rumourRepeats: 6,
  rumoursPerMessage: 8,
  pushes: 2,
  pushIntervalMs: 100,
  antiEntropyIntervalMs: 10_000,
  antiEntropyFirstMs: 1_000,
  tombstoneMs: 600_000,
  movedMs: 120_000,
  healIntervalMs: 10_000,
  seedIntervalMs: 60_000,
  seedFirstMs: 1_000,
  seedAloneMs: 16_000,
  contactIntervalMs: 30_000,
  answerWaitMs: 5_000,
  contactFailures: 3,
  contactRestMs: 60_000,
  contactsPerRegion: 5,
  regions: 64,
  contactsPerDelta: 4,
  moveNotices: 8,
  membersPerMessage: 64,
};

/** @returns what is wrong with the tuning, one line each; empty where its numbers fit together */
export function tuningFaults(tuning: Tuning): string[] {
  const rules: readonly (readonly [boolean, string])[] = [
    [tuning.ackWaitMinMs <= tuning.ackWaitUnknownMs, 'ackWaitMinMs must be <= ackWaitUnknownMs'],
    [tuning.ackWaitUnknownMs <= tuning.ackWaitMaxMs, 'ackWaitUnknownMs must be <= ackWaitMaxMs'],
    [tuning.ackWaitMaxMs + tuning.relayWaitMaxMs < tuning.verdictMs, 'verdictMs must leave relays time'],
    [tuning.verdictMs <= tuning.probeIntervalMs, 'verdictMs must be <= probeIntervalMs'],
    [tuning.suspicionPeriods >= 2, 'suspicionPeriods must be >= 2: a refutation takes a probe and an ack'],
    [tuning.suspicionStretch >= 1, 'suspicionStretch must be >= 1'],
    [tuning.rumoursPerMessage <= RUMOURS_MAX, `rumoursPerMessage must be <= ${RUMOURS_MAX}`],
    [tuning.membersPerMessage <= MEMBERS_MAX, `membersPerMessage must be <= ${MEMBERS_MAX}`],
    [tuning.contactsPerRegion <= CONTACTS_MAX, `contactsPerRegion must be <= ${CONTACTS_MAX}`],
    [tuning.ringSize >= 4 && 2 * tuning.ringSize <= MEMBERS_MAX, `ringSize must be 4 to ${MEMBERS_MAX / 2}`],
    [
      tuning.seatGoneMs > 2 * tuning.suspicionPeriods * tuning.probeIntervalMs,
      'seatGoneMs must outlast a death',
    ],
    [tuning.dissolveMs > tuning.seatGoneMs, 'dissolveMs must be > seatGoneMs'],
    [tuning.tombstoneMs > 2 * tuning.healIntervalMs, 'tombstoneMs must allow heal probes'],
  ];
  return rules.filter(([holds]) => !holds).map(([, fault]) => fault);
}

/** @returns the wait for an ack, before local health stretches it (RFC 6298's estimate of the round trip) */
export function ackWaitMs(tuning: Tuning, srttMs: number | undefined, rttvarMs: number): number {
  if (srttMs === undefined) return tuning.ackWaitUnknownMs;
  return Math.min(tuning.ackWaitMaxMs, Math.max(tuning.ackWaitMinMs, srttMs + 4 * rttvarMs));
}

/** @returns how often one agent repeats a rumour in a ring of `living` members */
export function rumourSends(tuning: Tuning, living: number): number {
  return tuning.rumourRepeats * Math.ceil(Math.log10(living + 1));
}
