// What a player may tell an agent about how its viewer fared: JSON posted to `/.well-known/ringcast/beacon`.
//
// So that an operator's dashboards show what viewers see and not only what agents sent. It is a sum over some seconds
// of playback and says nothing about who: no session, no content, no URL, no agent's name, no user agent. Where CMCD
// (CTA-5004) has a word for something, that word is used. Everything is optional but the version and the period,
// every number is a bounded whole one, and anything else is refused: the sender is anybody.

import { BEACON_BYTES_MAX } from './limits.ts';
import { type Decoded, refused } from './reject.ts';

/** Where agents take beacons. */
export const BEACON_PATH: string = '/.well-known/ringcast/beacon';

/** Why a load, or the rest of it, left an agent or never went to one. */
export const FALLBACK_REASONS = [
  'no-agent',
  'unknown-origin',
  'unreachable',
  'slow-start',
  'refused',
  'busy',
  'stalled',
  'too-slow',
  'cut',
  'mismatch',
  'out-of-time',
] as const;

export type FallbackReason = (typeof FALLBACK_REASONS)[number];

/** Sums since the last beacon, each with the most that one may claim. */
export const BEACON_SUMS = {
  agentRequests: 1e5,
  agentBytes: 68_719_476_736,
  originRequests: 1e5,
  originBytes: 68_719_476_736,
  wastedBytes: 68_719_476_736,
  hedges: 1e5,
  resumed: 1e5,
  aborted: 1e5,
  mirrored: 1e5,
  /** Times that playback stood still; CMCD tells it as `bs`. */
  stalls: 1e4,
  stalledMs: 6e5,
} as const;

/** Measures of now, by CMCD's names and in its units. */
export const BEACON_MEASURES = {
  /** Encoded bitrate, kb/s. */
  br: 1e6,
  /** Buffer length, ms. */
  bl: 6e5,
  /** Measured throughput, kb/s. */
  mtp: 1e8,
  /** Live latency, ms (CMCD v2). */
  ltc: 6e5,
} as const;

export type BeaconSum = keyof typeof BEACON_SUMS;
export type BeaconMeasure = keyof typeof BEACON_MEASURES;

export interface Beacon {
  readonly version: 1;
  /** What the sums are over, ms: up to ten minutes. */
  readonly periodMs: number;
  readonly sums: Readonly<Partial<Record<BeaconSum, number>>>;
  readonly fallbacks: Readonly<Partial<Record<FallbackReason, number>>>;
  readonly measures: Readonly<Partial<Record<BeaconMeasure, number>>>;
}

export const PERIOD_MS_MAX: number = 6e5;
const FALLBACKS_MAX = 1e5;

/** @param json at most BEACON_BYTES_MAX characters; members that are not named here are refused, not ignored: a
 *  beacon that says more than it should is not to be taken at all */
export function parseBeacon(json: string): Decoded<Beacon> {
  if (json.length > BEACON_BYTES_MAX) return refused('too-long');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return refused('bad-json');
  }
  if (!isObject(value)) return refused('bad-json');
  if (value.version !== 1) return refused('bad-version');
  const { version, periodMs, sums, fallbacks, measures, ...others } = value;
  if (Object.keys(others).length > 0) return refused('bad-json');
  if (!isCount(periodMs, PERIOD_MS_MAX) || periodMs === 0) return refused('out-of-range');
  const reasons = Object.fromEntries(FALLBACK_REASONS.map((reason) => [reason, FALLBACKS_MAX]));
  const all = isRow(sums, BEACON_SUMS) && isRow(fallbacks, reasons) && isRow(measures, BEACON_MEASURES);
  if (!all) return refused('out-of-range');
  return { ok: true, value: { version, periodMs, sums, fallbacks, measures } };
}

function isRow(
  value: unknown,
  maxima: Readonly<Record<string, number>>,
): value is Readonly<Record<string, number>> {
  if (!isObject(value)) return false;
  return Object.entries(value).every(([name, count]) => {
    return Object.hasOwn(maxima, name) && isCount(count, maxima[name] ?? 0);
  });
}

function isCount(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
