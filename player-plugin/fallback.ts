// Why a load, or the rest of it, left an agent or never went to one: one closed set, the same in events, statistics
// and documentation, and in what a player may tell an agent (agent/wire/beacon.ts).

import type { FallbackReason } from '../agent/wire/beacon.ts';

export { FALLBACK_REASONS, type FallbackReason } from '../agent/wire/beacon.ts';

/** Reasons that an agent itself gave: they can be held against it. */
export type AgentFault = Exclude<FallbackReason, 'no-agent' | 'unknown-origin'>;

/** Is the agent left alone for a while? `slow-start` is looked into first (discovery.ts). What an agent refuses, or what the caller's clock ends, says nothing about it. */
export function coolsDown(fault: AgentFault): boolean {
  return fault !== 'refused' && fault !== 'out-of-time';
}
