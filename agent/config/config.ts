// Reads the configuration from file, environment and command line, and reports everything that is wrong with it at
// once. Nothing is read from the disk here but the file that is named; nothing exits.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Config, OPTIONS, type Option, type OptionName } from './options.ts';

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly string[] };

type Raw = Partial<Record<OptionName, unknown>>;

const NAMES = Object.keys(OPTIONS) as OptionName[];

/** @param args what follows `ringcast agent` @param env the process's environment */
export function readConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ConfigResult {
  const problems: string[] = [];
  const flags = fromFlags(args, problems);
  const path = flags.config ?? env.RINGCAST_CONFIG;
  const file = path === undefined ? {} : fromFile(path, problems);
  const raw: Raw = { ...file, ...fromEnvironment(env), ...flags.raw };
  const config = validated(raw, problems);
  if (problems.length === 0) checkTogether(config, problems);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config };
}

/** Checks values that come from a program: what `createAgent(options)` is given. */
export function checkConfig(raw: Readonly<Record<string, unknown>>): ConfigResult {
  const problems: string[] = [];
  for (const name of Object.keys(raw)) {
    if (!isOption(name)) problems.push(unknownOption(name, name));
  }
  const config = validated(raw as Raw, problems);
  if (problems.length === 0) checkTogether(config, problems);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config };
}

/** Name of the environment variable of an option. */
export function environmentName(name: OptionName): string {
  return `RINGCAST_${name.toUpperCase().replaceAll('-', '_')}`;
}

function fromFlags(args: readonly string[], problems: string[]): { raw: Raw; config: string | undefined } {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries([...NAMES, 'config'].map((name) => [name, { type: 'string' as const }])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const raw: Raw = {};
  let config: string | undefined;
  let afterUnknown = false;
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (!afterUnknown) problems.push(`unexpected ${JSON.stringify(token.value)}: options start with --`);
      afterUnknown = false;
      continue;
    }
    if (token.kind === 'option-terminator') continue;
    const { name, rawName, value } = token;
    afterUnknown = name !== 'config' && !isOption(name);
    if (name !== 'config' && !isOption(name)) problems.push(unknownOption(rawName, name));
    else if (value === undefined || (value.startsWith('--') && !token.inlineValue)) {
      problems.push(`${rawName} needs a value`);
    } else if (name === 'config') config = value;
    else take(raw, name, value, problems);
  }
  return { raw, config };
}

function take(raw: Raw, name: OptionName, value: string, problems: string[]): void {
  const option: Option<unknown> = OPTIONS[name];
  if (option.repeated) raw[name] = [...((raw[name] as string[] | undefined) ?? []), ...value.split(',')];
  else if (raw[name] === undefined) raw[name] = value;
  else problems.push(`--${name} is given twice`);
}

function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Raw {
  const raw: Raw = {};
  for (const name of NAMES) {
    const value = env[environmentName(name)];
    if (value !== undefined && value !== '') raw[name] = value;
  }
  return raw;
}

function fromFile(path: string, problems: string[]): Raw {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const why =
      cause instanceof SyntaxError
        ? `is not JSON: ${cause.message}`
        : `cannot be read: ${(cause as Error).message}`;
    problems.push(`configuration file ${path} ${why}`);
    return {};
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push(`configuration file ${path} must hold one JSON object`);
    return {};
  }
  for (const name of Object.keys(value)) {
    if (!isOption(name))
      problems.push(`configuration file ${path}: ${unknownOption(JSON.stringify(name), name)}`);
  }
  return value as Raw;
}

function validated(raw: Raw, problems: string[]): Config {
  const config: Partial<Record<OptionName, unknown>> = {};
  for (const name of NAMES) {
    if (raw[name] === undefined && (name === 'origin' || name === 'listen')) {
      problems.push(`${name} is missing: give --${name} ${OPTIONS[name].value}`);
      continue;
    }
    const result = OPTIONS[name].schema.safeParse(raw[name]);
    if (result.success) config[name] = result.data;
    else for (const issue of result.error.issues) problems.push(`${name}: ${issue.message}`);
  }
  return config as Config;
}

/** Rules that hold between options. */
function checkTogether(config: Config, problems: string[]): void {
  if (config.link !== undefined && config.identity === undefined) {
    problems.push('link needs identity: make one with `ringcast init`, then give --identity DIRECTORY');
  }
  if (config.link === undefined && (config.seed.length > 0 || config['advertise-link'] !== undefined)) {
    problems.push('seed and advertise-link need link: give --link HOST:PORT, or leave them out');
  }
  if (config.link?.match(/^(0\.0\.0\.0|\[::\]):/) && config['advertise-link'] === undefined) {
    problems.push(
      `link listens on every interface (${config.link}): give --advertise-link HOST:PORT that others can dial`,
    );
  }
  if (config['object-bytes-max'] > config['ram-bytes']) {
    problems.push(
      `object-bytes-max (${config['object-bytes-max']}) is more than ram-bytes (${config['ram-bytes']})`,
    );
  }
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

function unknownOption(shown: string, name: string): string {
  const near = NAMES.find((each) => distance(each, name) <= 2);
  return `unknown option ${shown}${near === undefined ? '' : `: did you mean ${near}?`}`;
}

/** Edit distance, for a hint; names are short. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
