// Every option of an agent, in one place: name, meaning, default, bounds, and why the default is what it is.
//
// The same name is the flag (`--ram-bytes`), the key in a configuration file ("ram-bytes") and, in capitals behind
// RINGCAST_, the environment variable (RINGCAST_RAM_BYTES). The command line wins over the environment, which wins
// over the file. CONFIGURATION.md is generated from this list, and a test holds them equal.

import { z } from 'zod';
import { isBaseUrl } from '../wire/base-url.ts';
import { isAddress } from '../wire/field.ts';
import { parseRegion } from '../wire/ids.ts';
import { IGNORED_QUERY_DEFAULT } from '../wire/segment-name.ts';

/** A configuration as it is used: every value checked, every default in place. */
export interface Config {
  readonly origin: string;
  readonly 'origin-id': string | undefined;
  readonly listen: string;
  readonly 'public-url': string | undefined;
  readonly webtransport: string | undefined;
  readonly admin: string | undefined;
  readonly link: string | undefined;
  readonly 'advertise-link': string | undefined;
  readonly seed: readonly string[];
  readonly region: string;
  readonly identity: string | undefined;
  readonly weight: number;
  readonly 'ring-size': number;
  readonly 'ram-bytes': number;
  readonly 'object-bytes-max': number;
  readonly 'ignored-query': readonly string[];
  readonly 'default-ttl-ms': number;
  readonly 'origin-connect-ms': number;
  readonly 'origin-head-ms': number;
  readonly 'origin-idle-ms': number;
  readonly 'connections-max': number;
  readonly 'drain-ms': number;
  readonly 'log-level': LogLevel;
}

export type OptionName = keyof Config;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface Option<T> {
  /** How a value reads on the command line: `URL`, `HOST:PORT`, `BYTES`. */
  readonly value: string;
  /** What it does, in one sentence. */
  readonly meaning: string;
  /** Why the default, or when to change it. */
  readonly why: string;
  /** May be given more than once. */
  readonly repeated?: true;
  readonly schema: z.ZodType<T>;
}

const text = (what: string, holds: (value: string) => boolean): z.ZodType<string> =>
  z.string().refine(holds, { error: (issue) => `expected ${what}, got ${JSON.stringify(issue.input)}` });

/** A whole number within bounds; text is taken too, because flags and environment variables are text. */
const whole = (min: number, max: number): z.ZodType<number> =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value),
    z
      .number({ error: (issue) => `expected a whole number, got ${JSON.stringify(issue.input)}` })
      .int({ error: (issue) => `expected a whole number, got ${JSON.stringify(issue.input)}` })
      .min(min, { error: (issue) => `expected at least ${min}, got ${issue.input}` })
      .max(max, { error: (issue) => `expected at most ${max}, got ${issue.input}` }),
  );

/** Bytes, also as `512MiB` or `2GiB`. */
const bytes = (min: number, max: number): z.ZodType<number> =>
  z.preprocess((value) => (typeof value === 'string' ? bytesOf(value) : value), whole(min, max));

const list = (item: z.ZodType<string>, countMax: number): z.ZodType<string[]> =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value),
    z.array(item).max(countMax, { error: `expected at most ${countMax} values` }),
  );

const listenAddress = text('HOST:PORT, with port 0 for any free one', (value) =>
  isAddress(value.replace(/:0$/, ':1')),
);
const peerAddress = text('HOST:PORT', isAddress);
const originUrl = text(
  'an http or https URL without query or credentials, such as https://origin.example/hls',
  (value) => /^https?:\/\/(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]+)(?::\d{1,5})?(?:\/[^\s?#]*)?$/.test(value),
);
const MINUTE_MS = 60_000;
const MIB = 1024 * 1024;

export const OPTIONS: { readonly [K in OptionName]: Option<Config[K]> } = {
  origin: {
    value: 'URL',
    meaning: 'The origin in front of which the agent stands; every path below it is served.',
    why: 'Required. One agent serves one origin; redirects of it are handed to the player, never followed.',
    schema: originUrl,
  },
  'origin-id': {
    value: 'NAME',
    meaning: 'Name of the origin, the same at every agent of a cluster.',
    why: 'Default: host, port and path of the origin URL. Set it where agents reach one origin under several names.',
    schema: text('1 to 200 visible characters', (value) => /^[\x21-\x7e]{1,200}$/.test(value)).optional(),
  },
  listen: {
    value: 'HOST:PORT',
    meaning: 'Where players are served over HTTP.',
    why: 'Required. Name 0.0.0.0 to serve every interface.',
    schema: listenAddress,
  },
  'public-url': {
    value: 'URL',
    meaning: 'Base URL under which players reach this agent; it is given to players by its neighbours.',
    why: 'Default: http:// and the listening address. Set it behind a load balancer, NAT or TLS.',
    schema: text('an http or https URL without a path', isBaseUrl).optional(),
  },
  webtransport: {
    value: 'HOST:PORT',
    meaning: 'Where players are served over WebTransport (QUIC, UDP), with certificates of its own making.',
    why: 'Default: not served. Every six days the new certificate may come into use on the next port: open both.',
    schema: listenAddress.optional(),
  },
  admin: {
    value: 'HOST:PORT',
    meaning: 'Where /metrics, /health and /ready are served.',
    why: 'Default: not served. Keep it off the public interface: it needs no credentials.',
    schema: listenAddress.optional(),
  },
  link: {
    value: 'HOST:PORT',
    meaning: 'Where other agents connect, by mutual TLS.',
    why: 'Default: none; the agent is then a caching edge on its own. Needs `identity`.',
    schema: listenAddress.optional(),
  },
  'advertise-link': {
    value: 'HOST:PORT',
    meaning: 'Address that other agents dial to reach `link`.',
    why: 'Default: the listening address. Set it where `link` listens on every interface or behind NAT.',
    schema: peerAddress.optional(),
  },
  seed: {
    value: 'HOST:PORT',
    meaning: 'Link address of an agent to join by; give several, any one that lives is enough.',
    why: 'Default: none; the agent founds a ring of its own and can be the seed of others.',
    repeated: true,
    schema: list(peerAddress, 64).default([]),
  },
  region: {
    value: 'PATH',
    meaning: 'Place of the agent, widest label first, such as eu/de/ber.',
    why: 'Default: local. Agents with another first label are another region: segments never cross it for this agent.',
    schema: text(
      'labels of a-z, 0-9 and - with / between them, at most 6',
      (value) => parseRegion(value) !== undefined,
    ).default('local'),
  },
  identity: {
    value: 'DIRECTORY',
    meaning: "The agent's key and certificate and its cluster's CA, as `ringcast init` makes them.",
    why: 'Default: none; only an agent without `link` can do without.',
    schema: z.string().min(1).optional(),
  },
  weight: {
    value: 'NUMBER',
    meaning: 'Share of segments that this agent is home of, relative to its neighbours.',
    why: 'Default: 16. Give an agent with twice the uplink 32; 0 makes it nobody’s home.',
    schema: whole(0, 255).default(16),
  },
  'ring-size': {
    value: 'NUMBER',
    meaning:
      'Agents that a ring aims at; it splits above 1.75 times as many and takes in twice as many at most.',
    why: 'Default: 32: a ring is a full mesh. The same at every agent of a cluster; a small one shows rings of rings.',
    schema: whole(4, 64).default(32),
  },
  'ram-bytes': {
    value: 'BYTES',
    meaning: 'Memory for cached objects, bodies and bookkeeping; also as 512MiB or 2GiB.',
    why: 'Default: 256 MiB, some 15 minutes of one stream of 2 Mb/s. The process needs 150 MB besides.',
    schema: bytes(MIB, 2 ** 40).default(256 * MIB),
  },
  'object-bytes-max': {
    value: 'BYTES',
    meaning: 'Largest object that is cached or shared; a larger one is passed through.',
    why: 'Default: 64 MiB: a 10 s segment of 50 Mb/s. An object is held in memory while it arrives.',
    schema: bytes(1024, 2 ** 31).default(64 * MIB),
  },
  'ignored-query': {
    value: 'NAMES',
    meaning: 'Query parameters that do not select content, separated by commas; * ends a prefix.',
    why: 'Default: CMCD, tracking and plugin parameters. A token belongs here only with a verifier in front.',
    schema: list(
      text('a parameter name', (value) => /^[^\s&=,*]{1,100}\*?$/.test(value)),
      64,
    ).default([...IGNORED_QUERY_DEFAULT]),
  },
  'default-ttl-ms': {
    value: 'MS',
    meaning: 'Freshness of a response whose origin says nothing of it and for which no heuristic applies.',
    why: 'Default: 0, so that such a response is validated each time.',
    schema: whole(0, 365 * 24 * 60 * MINUTE_MS).default(0),
  },
  'origin-connect-ms': {
    value: 'MS',
    meaning: 'Longest time for connecting to the origin.',
    why: 'Default: 3 s: two lost packets on a long path.',
    schema: whole(10, MINUTE_MS).default(3_000),
  },
  'origin-head-ms': {
    value: 'MS',
    meaning: 'Longest time for the head of a response of the origin.',
    why: 'Default: 15 s: an LL-HLS origin holds a blocking playlist request for up to three target durations.',
    schema: whole(10, 10 * MINUTE_MS).default(15_000),
  },
  'origin-idle-ms': {
    value: 'MS',
    meaning: 'Longest silence of the origin within a body.',
    why: 'Default: 10 s. A body that stands still for longer is given up and asked for again.',
    schema: whole(10, 10 * MINUTE_MS).default(10_000),
  },
  'connections-max': {
    value: 'NUMBER',
    meaning: 'Connections of players at one time; more are answered 503.',
    why: 'Default: 10,000: at 256 KB each, 2.5 GB at the very worst.',
    schema: whole(1, 1_000_000).default(10_000),
  },
  'drain-ms': {
    value: 'MS',
    meaning: 'After SIGTERM, longest time for answers that are under way.',
    why: 'Default: 10 s: a segment at a tenth of its bit rate is through by then.',
    schema: whole(0, 10 * MINUTE_MS).default(10_000),
  },
  'log-level': {
    value: 'LEVEL',
    meaning: 'Least severity that is logged: debug, info, warn, error or silent.',
    why: 'Default: info: starts, stops and changes of the ring, nothing per request.',
    schema: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'], {
        error: (issue) => `expected debug, info, warn, error or silent, got ${JSON.stringify(issue.input)}`,
      })
      .default('info'),
  },
};

function bytesOf(value: string): unknown {
  const match = /^(\d{1,15})(KiB|MiB|GiB|TiB)?$/.exec(value);
  if (match === null) return value;
  const power = match[2] === undefined ? 0 : ['KiB', 'MiB', 'GiB', 'TiB'].indexOf(match[2]) + 1;
  return Number(match[1]) * 1024 ** power;
}
