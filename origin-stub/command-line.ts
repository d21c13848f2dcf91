// Reads the command line of the origin stub. Every mistake is one sentence; nothing is guessed.
import { parseArgs } from 'node:util';
import {
  type OriginStubOptions,
  windowSegmentsDefault,
  windowSegmentsMax,
  windowSegmentsMin,
} from './origin-stub.ts';

export type CommandLine =
  | { readonly is: 'run'; readonly options: OriginStubOptions }
  | { readonly is: 'help' }
  | { readonly is: 'wrong'; readonly reason: string };

export const usage: string = `node origin-stub/main.ts [--port N] [--host H] [--window-segments N] [--epoch-ms N] [--fault-seed N]

  --port N             port to listen on; 0 takes any free one (default 0)
  --host H             address to listen on (default 127.0.0.1)
  --window-segments N  segments of 2 s in a live playlist, ${windowSegmentsMin} to ${windowSegmentsMax} (default ${windowSegmentsDefault})
  --epoch-ms N         when the live stream began, in ms since 1970 (default: one window ago)
  --fault-seed N       what faults with a probability draw from (default 1)

Prints one line of JSON, {"url":"http://...","port":N}, when it listens. See origin-stub/README.md for the paths.`;

const numbers = {
  port: { field: 'port', min: 0, max: 65_535 },
  'window-segments': { field: 'windowSegments', min: windowSegmentsMin, max: windowSegmentsMax },
  'epoch-ms': { field: 'epochMs', min: 0, max: 8_640_000_000_000 },
  'fault-seed': { field: 'faultSeed', min: 0, max: 2 ** 32 - 1 },
} as const;

export function readCommandLine(args: readonly string[]): CommandLine {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: flags,
  });
  const options: { host?: string } & Record<string, string | number> = {};
  for (const token of tokens) {
    if (token.kind === 'positional')
      return wrong(`unexpected '${token.value}': everything is a flag, see --help`);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (name === 'help') return { is: 'help' };
    if (name !== 'host' && !Object.hasOwn(numbers, name)) return wrong(`unknown flag ${rawName}, see --help`);
    if (value === undefined || value === '') return wrong(`${rawName} needs a value`);
    if (name === 'host') {
      options.host = value;
      continue;
    }
    const { field, min, max } = numbers[name as keyof typeof numbers];
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) {
      return wrong(`${rawName} is a whole number from ${min} to ${max}, got '${value}'`);
    }
    options[field] = number;
  }
  return { is: 'run', options };
}

const flags = {
  help: { type: 'boolean' },
  host: { type: 'string' },
  port: { type: 'string' },
  'window-segments': { type: 'string' },
  'epoch-ms': { type: 'string' },
  'fault-seed': { type: 'string' },
} as const;

function wrong(reason: string): CommandLine {
  return { is: 'wrong', reason };
}
