// What a loader asks of the ring that it belongs to, and what it reports back.
//
// A load is of one kind; segments (init segments and LL-HLS parts included), playlists and keys are counted apart.

import type { KnownAgent } from './agent-set.ts';
import type { ByteRange } from './answer.ts';
import type { AgentFault, FallbackReason } from './fallback.ts';
import type { Leg } from './leg.ts';
import type { Place } from './origin-map.ts';
import type { World } from './world.ts';

export type LoadKind = 'segment' | 'playlist' | 'key';

/** Whom to ask: agents in their order and then the origin, or only the origin, with the reason. */
export type Plan =
  | { readonly agents: readonly KnownAgent[]; readonly place: Place }
  | {
      readonly agents: readonly [];
      readonly place: Place | undefined;
      readonly reason: FallbackReason | undefined;
    };

export interface Desk {
  readonly world: World;
  /** @param kind undefined for what is none of ours, as a content-steering manifest: the origin's alone */
  plan(kind: LoadKind | undefined, url: string, range: ByteRange | undefined): Plan;
  /** Media ahead of the playhead in ms; undefined where no player is attached. */
  bufferMs(): number | undefined;
  /** Best rate known of any source but this agent, in bytes per ms. */
  otherRate(agentUrl: string): number | undefined;
  /** Does the origin let a page check that a range belongs to the same version? Assumed until it did not. */
  resumesAtOrigin: boolean;

  agentFailed(agent: KnownAgent, fault: AgentFault, load: { url: string; bytes: number }): void;
  /** A second agent was asked beside one that was late. */
  hedged(): void;
  /** A load goes to the origin without any agent having failed it. */
  keptFromAgents(reason: FallbackReason, url: string): void;
  /** A whole load is here; a leg for each source that brought bytes of it. */
  loaded(load: LoadReport): void;
  /** Bytes that came and were not used. */
  wasted(bytes: number): void;
  /** hls.js gave up a load. */
  aborted(): void;
  /** The origin failed at one address and is asked at another. */
  mirrored(): void;
}

export interface LoadReport {
  readonly kind: LoadKind;
  readonly url: string;
  readonly legs: readonly SourceLeg[];
  readonly startMs: number;
  readonly resumed: boolean;
}

/** A leg, and whose it was: an agent's, or the origin's where undefined. */
export interface SourceLeg extends Leg {
  readonly agent: KnownAgent | undefined;
}
