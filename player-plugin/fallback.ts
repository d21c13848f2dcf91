// Why a load, or the rest of it, left an agent or never went to one: one closed set, the same in events, statistics
// and documentation.

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

/** Reasons that an agent itself gave: they can be held against it. */
export type AgentFault = Exclude<FallbackReason, 'no-agent' | 'unknown-origin'>;

/** Is the agent left alone for a while? `slow-start` is looked into first (discovery.ts). What an agent refuses, or what the caller's clock ends, says nothing about it. */
export function coolsDown(fault: AgentFault): boolean {
  return fault !== 'refused' && fault !== 'out-of-time';
}
