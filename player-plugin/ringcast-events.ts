// The events of a ring, by name.

import type { LoadKind } from './desk.ts';
import type { FallbackReason } from './fallback.ts';
import type { Problem } from './problem.ts';

export interface RingcastEvents {
  /** A roster came. */
  roster: { readonly agents: number; readonly origins: readonly string[] };
  /** A segment or playlist was handed to hls.js. */
  load: LoadEvent;
  /** A load, or the rest of it, left an agent, or never went to one. */
  fallback: FallbackEvent;
  /** Also on the console. */
  problem: Problem;
}

export interface LoadEvent {
  readonly url: string;
  readonly kind: LoadKind;
  /** Of the last byte. */
  readonly source: 'agent' | 'origin';
  /** Base URL, where the last byte came from an agent. */
  readonly agent: string | undefined;
  readonly bytes: number;
  /** From hls.js's call to the last byte, waits on failed agents included. */
  readonly tookMs: number;
  readonly resumed: boolean;
}

export interface FallbackEvent {
  readonly url: string;
  readonly reason: FallbackReason;
  /** The agent that was left; undefined where none was asked. */
  readonly agent: string | undefined;
  /** What was here by then. */
  readonly bytes: number;
}
