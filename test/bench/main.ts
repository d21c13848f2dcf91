// `npm run bench -- NAME`: measures with real processes and prints what it found.
//
// Exit codes: 0 the measurement ran, whatever it found; 1 it did not; 2 asked for wrongly.

import { writeFileSync } from 'node:fs';
import { type FigureReport, figureReport, writeFigures } from '../figures.ts';
import { PlainError } from '../processes/plain-error.ts';
import type { Bench, BenchResult } from './bench.ts';
import { type BenchOptions, readCommandLine } from './command-line.ts';
import { fanout } from './fanout.ts';
import { fill } from './fill.ts';
import { flash } from './flash/flash.ts';
import { hit } from './hit.ts';
import { miss } from './miss.ts';
import { plotPage } from './plot.ts';
import { NGINX } from './servers/nginx.ts';
import { versionOf } from './servers/server.ts';
import { VARNISHD } from './servers/varnish.ts';
import { shown, tableLines } from './terminal.ts';
import { World } from './world.ts';

const BENCHES: Readonly<
  Record<string, { readonly bench: Bench; readonly rounds: number; readonly about: string }>
> = {
  flash: { bench: flash, rounds: 3, about: 'viewers that all want one new object at once; faults' },
  fanout: { bench: fanout, rounds: 1, about: '400 viewers on 1, 2, 4, 8 agents (32 with --full)' },
  fill: { bench: fill, rounds: 5, about: 'CPU of a fill from a peer over mutual TLS' },
  hit: { bench: hit, rounds: 5, about: 'objects in memory, against nginx and Varnish' },
  miss: { bench: miss, rounds: 5, about: 'time added to the first byte of a new object' },
};
const ABOUT = Object.entries(BENCHES).map(([name, { about }]) => `  ${name.padEnd(14)}${about}`);
const USAGE = `npm run bench -- NAME [options]

${ABOUT.join('\n')}

  --json FILE   write the figures         --rounds N   rounds of each measurement
  --plot FILE   draw them into a page     --quick      a small one that shows that it works
  --full        also what takes long      --live       flash on a live stream: is the segment there before it is asked for`;

const args = process.argv.slice(2);
const command = readCommandLine(args, Object.keys(BENCHES));
switch (command.is) {
  case 'help':
    console.log(USAGE);
    break;
  case 'wrong':
    console.error(`bench: ${command.reason}`);
    process.exitCode = 2;
    break;
  case 'run':
    process.exit(await run(command.options));
}

async function run(options: BenchOptions): Promise<number> {
  const { name, quick, full, live, json, plot } = options;
  const chosen = BENCHES[name];
  if (chosen === undefined) throw new RangeError(`there is no benchmark ${name}`);
  let world: World | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void (world?.close() ?? Promise.resolve()).then(() => process.exit(1)));
  }
  try {
    world = await World.start();
    if (world.cores === undefined) console.error('bench: one core only: servers and generator share it');
    const say = (line: string): void => console.error(line);
    const rounds = options.rounds ?? (quick ? 1 : chosen.rounds);
    const result = await chosen.bench({ world, rounds, quick, full, live, say });
    const report = figureReport(`npm run bench -- ${args.join(' ')}`, result.figures, peers());
    print(result, report);
    if (json !== undefined) writeFigures(json, report);
    if (plot !== undefined) writeFileSync(plot, plotPage(result.tables, report));
    return 0;
  } catch (error) {
    if (!(error instanceof PlainError)) throw error;
    console.error(`bench: ${error.message}`);
    return 1;
  } finally {
    await world?.close();
  }
}

function print(result: BenchResult, report: FigureReport): void {
  for (const table of result.tables) console.log(`\n${tableLines(table).join('\n')}`);
  console.log('');
  for (const { name, value, unit, goal, pass } of report.figures) {
    const verdict = goal === undefined ? '' : `  goal ${goal}: ${pass === true ? 'met' : 'MISSED'}`;
    console.log(`${name.padEnd(44)} ${shown(value).padStart(8)} ${unit}${verdict}`);
  }
  for (const reason of result.absent) console.error(`not measured: ${reason}`);
}

function peers(): Record<string, string> {
  const versions = { nginx: versionOf(NGINX, '-v'), varnish: versionOf(VARNISHD, '-V') };
  return Object.fromEntries(
    Object.entries(versions).filter((each): each is [string, string] => each[1] !== undefined),
  );
}
