// The options of `createRingcast`, each checked by name: a mistake is told and left out, and playback goes on.

import { isBaseUrl } from '../agent/wire/base-url.ts';
import { ROSTER_PATH } from '../agent/wire/roster.ts';
import type { Problem } from './problem.ts';

export interface RingcastOptions {
  /** Base URLs of agents known to the page, `https://edge-3.example:8080`: at most 16. Any one of them is enough. */
  agents?: readonly string[];
  /** Base URL of one agent, or of a name behind which there are several: it tells of the others and serves too. */
  bootstrap?: string;
  /** Base URL of the origin, `https://media.example/hls`, where every agent in `agents` serves what lies below it.
   *  With it the very first segment can come from an agent; without, agents are asked once their roster is here. */
  origin?: string;
  /** Take playlists from agents too. Default false: from the origin. */
  playlists?: boolean;
}

/** Options as checked: every field present. */
export interface Settings {
  readonly agents: readonly string[];
  readonly bootstrap: string | undefined;
  readonly origin: string | undefined;
  readonly playlists: boolean;
}

const AGENTS_MAX = 16;
const NAMES: readonly string[] = ['agents', 'bootstrap', 'origin', 'playlists'];

/** @param options as the page gave them: anything at all */
export function checkOptions(options: unknown): { settings: Settings; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const invalid = (name: string, expected: string, came: unknown): void => {
    problems.push({
      code: 'option-invalid',
      message: `${name}: expected ${expected}, got ${shown(came)}: left out`,
    });
  };
  const given = typeof options === 'object' && options !== null ? (options as Record<string, unknown>) : {};
  if (options !== given)
    invalid('options', 'an object such as { bootstrap: "https://edge.example" }', options);
  for (const name of Object.keys(given)) {
    if (NAMES.includes(name)) continue;
    problems.push({
      code: 'option-unknown',
      message: `${name}: no such option; there are ${NAMES.join(', ')}`,
    });
  }
  const base = (name: string, value: unknown): string | undefined => {
    if (value === undefined) return undefined;
    const url = agentBase(value);
    if (url === undefined) invalid(name, 'an agent\'s base URL such as "https://edge.example:8080"', value);
    return url;
  };
  const { agents, bootstrap, origin, playlists } = given;
  const settings: Settings = {
    agents: agentList(agents, base, invalid),
    bootstrap: base('bootstrap', bootstrap),
    origin: originBase(origin),
    playlists: playlists === true,
  };
  if (origin !== undefined && settings.origin === undefined) {
    invalid('origin', 'a base URL without query such as "https://media.example/hls"', origin);
  }
  if (playlists !== undefined && typeof playlists !== 'boolean')
    invalid('playlists', 'true or false', playlists);
  if (settings.agents.length === 0 && settings.bootstrap === undefined) {
    const message = 'neither agents nor bootstrap names a usable agent: everything comes from the origin';
    problems.push({ code: 'no-agents-given', message });
  }
  return { settings, problems };
}

function agentList(
  value: unknown,
  base: (name: string, value: unknown) => string | undefined,
  invalid: (name: string, expected: string, came: unknown) => void,
): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    invalid('agents', 'an array of base URLs', value);
    return [];
  }
  if (value.length > AGENTS_MAX) invalid(`agents past ${AGENTS_MAX}`, `at most ${AGENTS_MAX}`, value.length);
  const urls = value.slice(0, AGENTS_MAX).map((each, index) => base(`agents[${index}]`, each ?? null));
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

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
