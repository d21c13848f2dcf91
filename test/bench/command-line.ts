// Reads the command line of `npm run bench`. Every mistake is one sentence; nothing is guessed.

import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly name: string;
  readonly json: string | undefined;
  readonly plot: string | undefined;
  /** Undefined: what the benchmark takes for enough. */
  readonly rounds: number | undefined;
  readonly quick: boolean;
  readonly full: boolean;
  readonly live: boolean;
}

export type CommandLine =
  | { readonly is: 'run'; readonly options: BenchOptions }
  | { readonly is: 'help' }
  | { readonly is: 'wrong'; readonly reason: string };

export const ROUNDS_MAX = 100;

const FLAGS = {
  help: { type: 'boolean' },
  json: { type: 'string' },
  plot: { type: 'string' },
  rounds: { type: 'string' },
  quick: { type: 'boolean' },
  full: { type: 'boolean' },
  live: { type: 'boolean' },
} as const;

/** @param names of the benchmarks there are */
export function readCommandLine(args: readonly string[], names: readonly string[]): CommandLine {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: FLAGS,
  });
  const flags: Record<string, string> = {};
  const asked: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') asked.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (!Object.hasOwn(FLAGS, name)) return wrong(`unknown flag ${rawName}, see --help`);
    const takesValue = FLAGS[name as keyof typeof FLAGS].type === 'string';
    if (takesValue && !value) return wrong(`${rawName} needs a value`);
    if (!takesValue && value !== undefined) return wrong(`${rawName} takes no value`);
    flags[name] = value ?? '';
  }
  if ('help' in flags) return { is: 'help' };
  const [name, ...more] = asked;
  if (name === undefined || more.length > 0 || !names.includes(name)) {
    return wrong(`expected one of ${names.join(', ')}, got ${asked.join(' ') || 'nothing'}`);
  }
  const { json, plot, rounds } = flags;
  if (
    rounds !== undefined &&
    !(/^\d{1,3}$/.test(rounds) && Number(rounds) >= 1 && Number(rounds) <= ROUNDS_MAX)
  ) {
    return wrong(`--rounds is a whole number from 1 to ${ROUNDS_MAX}, got '${rounds}'`);
  }
  const reason = unwritable('--json', json) ?? unwritable('--plot', plot);
  if (reason !== undefined) return wrong(reason);
  const [quick, full, live] = ['quick' in flags, 'full' in flags, 'live' in flags];
  if (quick && full) return wrong('--quick and --full exclude each other');
  if (live && name !== 'flash') return wrong('--live is a part of flash');
  const options = {
    name,
    json,
    plot,
    quick,
    full,
    live,
    rounds: rounds === undefined ? undefined : Number(rounds),
  };
  return { is: 'run', options };
}

/** Said before the run, not after it. */
function unwritable(flag: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const directory = dirname(resolve(file));
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    return `${flag} ${file}: ${directory} is not a directory`;
  }
  return statSync(file, { throwIfNoEntry: false })?.isDirectory()
    ? `${flag} ${file}: that is a directory`
    : undefined;
}

function wrong(reason: string): CommandLine {
  return { is: 'wrong', reason };
}
