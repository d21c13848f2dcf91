// The options of `createRingcast`, each checked by name: a mistake is told and left out, and playback goes on.

import { isBaseUrl } from '../agent/wire/base-url.ts';
import { ROSTER_PATH } from '../agent/wire/roster.ts';
import type { Problem } from './problem.ts';

export interface RingcastOptions {
  /** Base URLs of agents known to the page, `https://edge-3.example:8080`: at most 16. Any one of them is enough. */
  agents?: readonly string[] | undefined;
  /** Base URL of one agent, or of a name behind which there are several: it tells of the others and serves too. */
  bootstrap?: string | undefined;
  /** Base URL of the origin, `https://media.example/hls`, where every agent in `agents` serves what lies below it.
   *  With it the very first segment can come from an agent; without, agents are asked once their roster is here. */
  origin?: string | undefined;
  /** Other base URLs under which the origin's paths are served, at most 8: content-steering pathways, other CDNs. A
   *  segment is the same one under each of them. Where one fails with a 5xx or not at all, the next is asked. */
  mirrors?: readonly string[] | undefined;
  /** Take playlists from agents too. Default false: from the origin. */
  playlists?: boolean | undefined;
  /** Take decryption keys from agents too, for players that were attached. Default false: from the origin. */
  keys?: boolean | undefined;
  /** Ask agents at all. Default true. */
  enabled?: boolean | undefined;
}

/** Options as checked: every field present. */
export interface Settings {
  readonly agents: readonly string[];
  readonly bootstrap: string | undefined;
  readonly origin: string | undefined;
  readonly mirrors: readonly string[];
  readonly playlists: boolean;
  readonly keys: boolean;
  readonly enabled: boolean;
}

const AGENTS_MAX = 16;
const MIRRORS_MAX = 8;
const NAMES: readonly string[] = [
  ...['agents', 'bootstrap', 'origin', 'mirrors'],
  ...['playlists', 'keys', 'enabled'],
];
const AGENT = 'an agent\'s base URL such as "https://edge.example:8080"';
const ORIGIN = 'a base URL without query such as "https://media.example/hls"';

type Refuse = (name: string, expected: string, came: unknown) => void;
type Read<T> = (value: unknown) => T | undefined;

/** @param options as the page gave them: anything at all */
export function checkOptions(options: unknown): { settings: Settings; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const refuse: Refuse = (name, expected, came) => {
    const message = `${name}: expected ${expected}, got ${shown(came)}: left out`;
    problems.push({ code: 'option-invalid', message });
  };
  const given = typeof options === 'object' && options !== null ? (options as Record<string, unknown>) : {};
  if (options !== given)
    refuse('options', 'an object such as { bootstrap: "https://edge.example" }', options);
  for (const name of Object.keys(given)) {
    if (NAMES.includes(name)) continue;
    const message = `${name}: no such option; there are ${NAMES.join(', ')}`;
    problems.push({ code: 'option-unknown', message });
  }
  const one = <T>(name: string, expected: string, read: Read<T>): T | undefined => {
    const value = given[name];
    const kept = value === undefined ? undefined : read(value);
    if (value !== undefined && kept === undefined) refuse(name, expected, value);
    return kept;
  };
  const list = (name: string, countMax: number, expected: string, read: Read<string>): readonly string[] =>
    listOf(given[name], { name, countMax, expected, read, refuse });
  const settings: Settings = {
    agents: list('agents', AGENTS_MAX, AGENT, agentBase),
    bootstrap: one('bootstrap', AGENT, agentBase),
    origin: one('origin', ORIGIN, originBase),
    mirrors: list('mirrors', MIRRORS_MAX, ORIGIN, originBase),
    playlists: one('playlists', 'true or false', flag) ?? false,
    keys: one('keys', 'true or false', flag) ?? false,
    enabled: one('enabled', 'true or false', flag) ?? true,
  };
  if (settings.agents.length === 0 && settings.bootstrap === undefined) {
    const message = 'neither agents nor bootstrap names a usable agent: everything comes from the origin';
    problems.push({ code: 'no-agents-given', message });
  }
  return { settings, problems };
}

interface ListRule {
  readonly name: string;
  readonly countMax: number;
  readonly expected: string;
  readonly read: Read<string>;
  readonly refuse: Refuse;
}

function listOf(value: unknown, { name, countMax, expected, read, refuse }: ListRule): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    refuse(name, 'an array of base URLs', value);
    return [];
  }
  if (value.length > countMax) refuse(`${name} past ${countMax}`, `at most ${countMax}`, value.length);
  const urls = value.slice(0, countMax).map((each, index) => {
    const url = read(each);
    if (url === undefined) refuse(`${name}[${index}]`, expected, each);
    return url;
  });
  return [...new Set(urls.filter((url) => url !== undefined))];
}

/** A trailing slash, or the roster's path, is forgiven. */
function agentBase(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const url = value.trim().replace(ROSTER_PATH, '').replace(/\/+$/, '');
  return isBaseUrl(url) && URL.canParse(url) ? url : undefined;
}

function originBase(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const { protocol, search, hash } = new URL(value);
  return /^https?:$/.test(protocol) && search === '' && hash === '' ? value : undefined;
}

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
