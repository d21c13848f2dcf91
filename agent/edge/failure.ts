// How a failed fetch looks to a viewer, and what it is counted under.

import type { Counter, Counts } from '../core/counters.ts';
import type { FetchFailure } from '../core/ports.ts';
import type { EdgeErrorCode } from './ports.ts';

export function failureAnswer(reason: FetchFailure): readonly [status: number, code: EdgeErrorCode] {
  switch (reason) {
    case 'origin-timeout':
      return [504, 'origin-timeout'];
    case 'origin-broken':
      return [502, 'origin-broken'];
    default:
      return [502, 'origin-unreachable'];
  }
}

/** Once for every fetch that its source failed. */
export function countFailure(counts: Counts, source: 'peer' | 'origin', reason: FetchFailure): void {
  const counter = (source === 'origin' ? OF_ORIGIN : OF_PEER)[reason];
  if (counter !== undefined) counts[counter] += 1;
  else if (source === 'peer') counts['peer_fetches.failed'] += 1;
}

/** What is missing was ended by this agent: the origin did not fail. */
const OF_ORIGIN: Readonly<Partial<Record<FetchFailure, Counter>>> = {
  'origin-unreachable': 'origin_failures.refused',
  'origin-timeout': 'origin_failures.timeout',
  'origin-broken': 'origin_failures.truncated',
};
const OF_PEER: Readonly<Partial<Record<FetchFailure, Counter>>> = {
  'stale-view': 'peer_fetches.stale_view',
  silent: 'peer_fetches.timeout',
};
