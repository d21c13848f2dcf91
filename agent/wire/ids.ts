// The names of things, branded so that one cannot pass for another.
//
// Ids are strings in the core: JavaScript interns and compares them fast, and a hundred thousand simulated agents
// share one copy of each. On the wire an agent id is its 32 raw bytes.

import { AGENT_ID_BYTES, REGION_BYTES_MAX, REGION_LABELS_MAX } from './limits.ts';

declare const brand: unique symbol;

/** Ed25519 public key of an agent as 64 lower-case hex digits. It never changes when the agent moves. */
export type AgentId = string & { readonly [brand]: 'AgentId' };
/** `level|region|random`, for example `0|eu/de/ber|k3j9x0aa`. A leaf ring has level 0. */
export type RingId = string & { readonly [brand]: 'RingId' };
/** What a segment is called everywhere: see segment-name.ts. */
export type SegmentName = string & { readonly [brand]: 'SegmentName' };
/** Geography as the operator declares it, widest first: `eu/de/ber`. The first label is a hard boundary. */
export type Region = string & { readonly [brand]: 'Region' };

const HEX_ID = new RegExp(`^[0-9a-f]{${AGENT_ID_BYTES * 2}}$`);
const REGION = /^[a-z0-9][a-z0-9-]*(\/[a-z0-9][a-z0-9-]*)*$/;
const RING = /^(\d)\|([a-z0-9/-]+)\|([a-z0-9]{8})$/;

/** @returns the text as an id, or undefined where it is none */
export function parseAgentId(text: string): AgentId | undefined {
  return HEX_ID.test(text) ? (text as AgentId) : undefined;
}

/** @param bytes [32] raw public key */
export function agentIdOf(bytes: Uint8Array): AgentId {
  let hex = '';
  for (const byte of bytes) hex += HEX_BYTE[byte];
  return hex as AgentId;
}

/** @returns [32] raw public key, a fresh copy */
export function agentIdBytes(id: AgentId): Uint8Array {
  const bytes = new Uint8Array(AGENT_ID_BYTES);
  for (let i = 0; i < AGENT_ID_BYTES; i += 1) bytes[i] = Number.parseInt(id.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

/** @returns the text as a region path, or undefined where it is malformed, too long or too deep */
export function parseRegion(text: string): Region | undefined {
  if (text.length > REGION_BYTES_MAX || text.split('/').length > REGION_LABELS_MAX) return undefined;
  return REGION.test(text) ? (text as Region) : undefined;
}

/** The first label of a region path: rings never span it, except the world ring. */
export function topLabel(region: Region): string {
  const end = region.indexOf('/');
  return end < 0 ? region : region.slice(0, end);
}

/** @param random 8 characters of [a-z0-9] */
export function ringIdOf(level: number, region: Region, random: string): RingId {
  return `${level}|${region}|${random}` as RingId;
}

/** @returns the text as a ring id, or undefined where it is none */
export function parseRingId(text: string): RingId | undefined {
  const match = RING.exec(text);
  return match?.[2] !== undefined && parseRegion(match[2]) !== undefined ? (text as RingId) : undefined;
}

/** Labels that all of the regions have in common from the left; at least the first label of the first. */
export function commonRegion(regions: readonly Region[]): Region {
  const [first, ...others] = regions;
  let labels = (first ?? 'none').split('/');
  for (const other of others) labels = labels.slice(0, sharedLabels(labels, other.split('/')));
  return (labels.length === 0 ? topLabel(first as Region) : labels.join('/')) as Region;
}

/** @returns how many labels two region paths share from the left */
export function sharedLabels(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count += 1;
  return count;
}

/** The ring whose seats are the regions. There is one, and everybody knows its name, so nobody has to found it. */
export const WORLD: RingId = '9|world|00000000' as RingId;
/** Highest level of a ring below the world ring. */
export const LEVEL_MAX = 8;

/** The ring at a level that a region's rings gather in. Its name follows from the region and the level, so that
 *  two rings that need a parent at the same moment found the same one. */
export function regionRing(level: number, label: string): RingId {
  return ringIdOf(level, label as Region, '00000000');
}

/** The level that a ring id carries: 0 for a leaf ring. */
export function ringLevel(ring: RingId): number {
  return ring.charCodeAt(0) - 48;
}

const HEX_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);
