// Is the built plugin within its budget? `node player-plugin/check-size.ts [--json FILE] [--build FOLDER]`, after
// `npm run build`.
//
// Sizes are of the files that a page loads, gzip level 9, 1 KB = 1000 bytes. It ends with status 1 when a file is
// over, or missing: a page that loads more than it must is a broken build. The budget is size-budget.json; a figure of
// several files is their sum.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

interface SizeFigure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'KB';
  readonly goal: string;
  readonly pass: boolean;
  readonly samples: readonly number[];
}

type Budget = Readonly<Record<string, { readonly files: readonly string[]; readonly kbMax: number }>>;

process.exitCode = main();

function main(): number {
  const options = commandLine();
  if (!options) return 2;
  let figures: readonly SizeFigure[];
  try {
    figures = measureSizes(options.build);
  } catch (cause) {
    console.error(`the built plugin is not in ${options.build}: run \`npm run build\` first (${cause})`);
    return 1;
  }
  for (const { name, value, goal, pass } of figures) {
    console.log(`${pass ? 'ok  ' : 'OVER'} ${name} ${value.toFixed(2)} KB gzip (${goal})`);
  }
  if (options.json !== undefined) {
    const machine = { cpus: cpus().length, node: process.version, peers: {} };
    const command = 'node player-plugin/check-size.ts';
    writeFileSync(
      options.json,
      `${JSON.stringify({ command, commit: commit(), machine, figures }, null, 2)}\n`,
    );
  }
  return figures.every((figure) => figure.pass) ? 0 : 1;
}

function commandLine(): { json: string | undefined; build: string } | undefined {
  try {
    const { values } = parseArgs({ options: { json: { type: 'string' }, build: { type: 'string' } } });
    const build = values.build ?? fileURLToPath(new URL('../build/player', import.meta.url));
    return { json: values.json, build };
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : String(cause));
    return undefined;
  }
}

/** @param build folder of the built files; throws where one is missing */
function measureSizes(build: string): readonly SizeFigure[] {
  const budget = JSON.parse(readFileSync(new URL('size-budget.json', import.meta.url), 'utf8')) as Budget;
  return Object.entries(budget).map(([name, { files, kbMax }]) => {
    const bytes = files.map((file) => gzipSync(readFileSync(`${build}/${file}`), { level: 9 }).length);
    const value = bytes.reduce((sum, each) => sum + each, 0) / 1000;
    return { name, value, unit: 'KB', goal: `<= ${kbMax}`, pass: value <= kbMax, samples: [value] };
  });
}

/** Empty outside a git checkout. */
function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}
