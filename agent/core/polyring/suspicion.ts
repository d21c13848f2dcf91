// How long a suspected member may still refute.
//
// One accuser may be wrong about the member or about itself, so its word alone waits long; each independent accuser
// shortens the wait, on a logarithm, down to the shortest once enough of them agree (Lifeguard, section IV-B).
// Example, ring of 32, shortest 3 s, stretch 6, 3 accusers: 18 s with one, 8.5 s with two, 3 s with three.
// In a ring of two there is only one possible accuser, and its word is enough.

import type { AgentId } from '../../wire/ids.ts';
import type { Tuning } from './tuning.ts';

export interface Suspicion {
  readonly startMs: number;
  /** Who accuses, each once; at most `needed`. */
  readonly accusers: AgentId[];
  /** When the suspect is declared dead unless it refutes. */
  deadlineMs: number;
}

/** @param living members of the ring, the suspect and this agent included */
export function accusersNeeded(tuning: Tuning, living: number): number {
  return Math.max(1, Math.min(tuning.accusers, living - 1));
}

export function newSuspicion(tuning: Tuning, accuser: AgentId, living: number, nowMs: number): Suspicion {
  const deadlineMs = nowMs + suspicionMs(tuning, 1, living);
  return { startMs: nowMs, accusers: [accuser], deadlineMs };
}

/** @returns whether the accuser was new and still needed */
export function confirm(suspicion: Suspicion, tuning: Tuning, accuser: AgentId, living: number): boolean {
  const { accusers } = suspicion;
  if (accusers.length >= accusersNeeded(tuning, living) || accusers.includes(accuser)) return false;
  accusers.push(accuser);
  suspicion.deadlineMs = suspicion.startMs + suspicionMs(tuning, accusers.length, living);
  return true;
}

/** @returns milliseconds from the start of the suspicion to the verdict */
export function suspicionMs(tuning: Tuning, accusers: number, living: number): number {
  const shortest = tuning.suspicionPeriods * Math.max(1, Math.log10(living)) * tuning.probeIntervalMs;
  const needed = accusersNeeded(tuning, living);
  if (accusers >= needed) return shortest;
  const longest = shortest * tuning.suspicionStretch;
  return longest - (longest - shortest) * (Math.log(accusers) / Math.log(needed));
}
