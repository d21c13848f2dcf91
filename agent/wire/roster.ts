// What an agent tells a player about itself and its neighbours: JSON at `/.well-known/ringcast`.
//
// A player learns here which agents are near, and what the origin is, so that it can turn an origin URL into an
// agent URL. It names public addresses only; nothing about viewers. Both sides read it with the one parser below,
// which treats the text as hostile.

import { isBaseUrl } from './base-url.ts';
import { type AgentId, parseAgentId, parseRegion, parseRingId, type Region, type RingId } from './ids.ts';
import {
  CERTIFICATE_HASHES_MAX,
  CONTACTS_MAX,
  MEMBERS_MAX,
  ORIGINS_MAX,
  ROSTER_BYTES_MAX,
} from './limits.ts';
import { type Decoded, refused } from './reject.ts';

/** Where every agent serves its roster. */
export const ROSTER_PATH: string = '/.well-known/ringcast';

/** Path of every agent's WebTransport sessions. */
export const WEBTRANSPORT_PATH: string = '/ringcast';

export interface Roster {
  readonly version: 1;
  /** The agent that answers. */
  readonly agent: RosterAgent;
  /** Members of its leaf ring that serve players, itself included. */
  readonly near: readonly RosterAgent[];
  /** One or two agents of each other region. */
  readonly elsewhere: readonly RosterAgent[];
  readonly origins: readonly RosterOrigin[];
  /** Query parameters that are no part of a segment's name. */
  readonly ignoredQuery: readonly string[];
  /** Milliseconds for which the roster may be used. */
  readonly ttlMs: number;
}

export interface RosterAgent {
  readonly id: AgentId;
  readonly region: Region;
  readonly ring: RingId;
  /** Base URL for players: `http://edge-3.example:8080`. */
  readonly url: string;
  /** How busy it is, 0 to 1, as last heard. */
  readonly load: number;
  /** Placement weight, 0-255. */
  readonly weight: number;
  /** Where it takes WebTransport sessions; absent where it takes none, or where the teller does not know. */
  readonly webtransport?: RosterWebTransport;
}

/** What a browser needs for a session with an agent that has no certificate of a public authority. */
export interface RosterWebTransport {
  /** `https://edge-3.example:8443/ringcast`. */
  readonly url: string;
  /** SHA-256 of the certificates in use now and next, in hex: `serverCertificateHashes`. */
  readonly certificateHashes: readonly string[];
}

export interface RosterOrigin {
  /** First part of every segment name of this origin. */
  readonly id: string;
  /** Absolute URL below which the origin's paths lie; `agent.url + path` serves `base + path`. */
  readonly base: string;
}

/** @param json at most ROSTER_BYTES_MAX characters; unknown members are ignored, so that versions can grow */
export function parseRoster(json: string): Decoded<Roster> {
  if (json.length > ROSTER_BYTES_MAX) return refused('too-long');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return refused('bad-json');
  }
  if (!isObject(value)) return refused('bad-json');
  if (value.version !== 1) return refused('bad-version');
  const agent = rosterAgent(value.agent);
  const near = listOf(value.near, MEMBERS_MAX, rosterAgent);
  const elsewhere = listOf(value.elsewhere, CONTACTS_MAX, rosterAgent);
  const origins = listOf(value.origins, ORIGINS_MAX, rosterOrigin);
  const ignoredQuery = listOf(value.ignoredQuery, 64, shortText);
  const ttlMs = value.ttlMs;
  if (!isNumber(ttlMs, 0, 86_400_000)) return refused('out-of-range');
  if (!agent || !near || !elsewhere || !origins || !ignoredQuery) return refused('bad-json');
  return { ok: true, value: { version: 1, agent, near, elsewhere, origins, ignoredQuery, ttlMs } };
}

function rosterAgent(value: unknown): RosterAgent | undefined {
  if (!isObject(value)) return undefined;
  const { id, region, ring, url, load, weight } = value;
  const known = {
    id: typeof id === 'string' ? parseAgentId(id) : undefined,
    region: typeof region === 'string' ? parseRegion(region) : undefined,
    ring: typeof ring === 'string' ? parseRingId(ring) : undefined,
  };
  if (!known.id || !known.region || !known.ring) return undefined;
  if (typeof url !== 'string' || !isBaseUrl(url)) return undefined;
  if (!isNumber(load, 0, 1) || !isNumber(weight, 0, 255)) return undefined;
  const agent = { id: known.id, region: known.region, ring: known.ring, url, load, weight };
  if (value.webtransport === undefined) return agent;
  const webtransport = rosterWebTransport(value.webtransport);
  return webtransport && { ...agent, webtransport };
}

function rosterWebTransport(value: unknown): RosterWebTransport | undefined {
  if (!isObject(value)) return undefined;
  const { url } = value;
  const certificateHashes = listOf(value.certificateHashes, CERTIFICATE_HASHES_MAX, sha256Hex);
  if (typeof url !== 'string' || !url.startsWith('https://') || !url.endsWith(WEBTRANSPORT_PATH))
    return undefined;
  if (!isBaseUrl(url.slice(0, -WEBTRANSPORT_PATH.length))) return undefined;
  if (!certificateHashes || certificateHashes.length === 0) return undefined;
  return { url, certificateHashes };
}

function sha256Hex(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : undefined;
}

function rosterOrigin(value: unknown): RosterOrigin | undefined {
  if (!isObject(value)) return undefined;
  const { id, base } = value;
  if (shortText(id) === undefined || typeof base !== 'string') return undefined;
  return /^https?:\/\/[^\s?#]{1,1024}$/.test(base) ? { id: id as string, base } : undefined;
}

function shortText(value: unknown): string | undefined {
  return typeof value === 'string' && value.length > 0 && value.length <= 512 ? value : undefined;
}

function listOf<T>(
  value: unknown,
  countMax: number,
  read: (item: unknown) => T | undefined,
): T[] | undefined {
  if (!Array.isArray(value) || value.length > countMax) return undefined;
  const items = value.map(read);
  return items.every((item) => item !== undefined) ? (items as T[]) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && value >= min && value <= max;
}
