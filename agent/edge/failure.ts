// How a failed fetch looks to a viewer.

import type { FetchFailure } from '../core/ports.ts';
import type { EdgeErrorCode } from './ports.ts';

/** How a failure looks to a viewer. */
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
