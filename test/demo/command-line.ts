// Reads the command line of the demo. Every mistake is one sentence; nothing is guessed.

import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Of the page; 0 takes any free one. */
  readonly port: number;
  /** After so long the demo stops by itself. */
  readonly durationS: number | undefined;
  /** Headless viewers. */
  readonly viewers: number;
  /** Where the figures go. */
  readonly json: string | undefined;
}

export type CommandLine =
  | { readonly is: 'run'; readonly options: DemoOptions }
  | { readonly is: 'help' }
  | { readonly is: 'wrong'; readonly reason: string };

const PORT = 8080;
/** One person on the page is no audience: with nobody else to share with, every byte comes from the origin once. */
const VIEWERS = 20;
const VIEWERS_MAX = 500;
const DURATION_S_MAX = 86_400;

export const USAGE: string = `npm start -- [--port N] [--viewers N] [--duration SECONDS] [--json FILE]

  --port N            port of the page; 0 takes any free one (default ${PORT})
  --viewers N         headless viewers of the live stream, up to ${VIEWERS_MAX} (default ${VIEWERS})
  --duration SECONDS  stop after so long and print what the viewers got (default: run until Ctrl-C)
  --json FILE         also write that as figures; needs --duration`;

const NUMBERS = {
  port: { min: 0, max: 65_535 },
  viewers: { min: 0, max: VIEWERS_MAX },
  duration: { min: 1, max: DURATION_S_MAX },
} as const;

export function readCommandLine(args: readonly string[]): CommandLine {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      help: { type: 'boolean' },
      port: { type: 'string' },
      viewers: { type: 'string' },
      duration: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const numbers: Partial<Record<keyof typeof NUMBERS, number>> = {};
  let json: string | undefined;
  for (const token of tokens) {
    if (token.kind === 'positional')
      return wrong(`unexpected '${token.value}': everything is a flag, see --help`);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (name === 'help') return { is: 'help' };
    if (name !== 'json' && !Object.hasOwn(NUMBERS, name)) return wrong(`unknown flag ${rawName}, see --help`);
    if (value === undefined || value === '') return wrong(`${rawName} needs a value`);
    if (name === 'json') {
      json = value;
      continue;
    }
    const { min, max } = NUMBERS[name as keyof typeof NUMBERS];
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) {
      return wrong(`${rawName} is a whole number from ${min} to ${max}, got '${value}'`);
    }
    numbers[name as keyof typeof NUMBERS] = number;
  }
  if (json !== undefined) {
    if (numbers.duration === undefined)
      return wrong('--json needs --duration: figures are of a run that ends');
    if (numbers.viewers === 0) return wrong('--json needs viewers: figures are what they got');
    const reason = unwritable(json);
    if (reason !== undefined) return wrong(reason);
  }
  const { port = PORT, viewers = VIEWERS, duration: durationS } = numbers;
  return { is: 'run', options: { port, durationS, viewers, json } };
}

/** Said before the run, not after it. */
function unwritable(file: string): string | undefined {
  const directory = dirname(resolve(file));
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    return `--json ${file}: ${directory} is not a directory`;
  }
  return statSync(file, { throwIfNoEntry: false })?.isDirectory()
    ? `--json ${file}: that is a directory`
    : undefined;
}

function wrong(reason: string): CommandLine {
  return { is: 'wrong', reason };
}
