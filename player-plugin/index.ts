// ringcast/player: HLS segments from agents near the viewer, for hls.js. See README.md.
//
// Importing it touches no global and needs no hls.js: a page that renders on a server imports it there too.

export type { LoadKind } from './desk.ts';
export { FALLBACK_REASONS, type FallbackReason } from './fallback.ts';
export type { RingcastHlsConfig } from './hls-install.ts';
export type { RingcastOptions } from './options.ts';
export { PROBLEM_CODES, type Problem, type ProblemCode } from './problem.ts';
export { createRingcast, type Ringcast } from './ringcast.ts';
export type { FallbackEvent, LoadEvent, RingcastEvents } from './ringcast-events.ts';
export type { AgentStats, BySource, RingcastStats, SourceCount } from './tally.ts';
