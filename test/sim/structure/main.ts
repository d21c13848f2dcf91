// `node test/sim/structure/main.ts EXPERIMENT [options]`: runs an experiment on a settled polyring, prints its figures.

import { parseArgs } from 'node:util';
import { figureReport, writeFigures } from '../../figures.ts';
import { runCommand, whole } from '../command.ts';
import { EXPERIMENTS } from './experiments.ts';

const USAGE = `usage: node test/sim/structure/main.ts ${Object.keys(EXPERIMENTS).join('|')}
  --agents N      agents (1000)               --regions R     regions they are spread over (8)
  --seed S        seed (1)                    --lookups N     look-ups of each kind (2000)
  --broadcasts N  broadcasts (3)              --json FILE     write the figures`;

function main(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      agents: { type: 'string', default: '1000' },
      regions: { type: 'string', default: '8' },
      seed: { type: 'string', default: '1' },
      lookups: { type: 'string', default: '2000' },
      broadcasts: { type: 'string', default: '3' },
      json: { type: 'string' },
    },
  });
  const experiment = EXPERIMENTS[positionals[0] ?? ''];
  if (experiment === undefined || positionals.length !== 1) throw new RangeError('expected one experiment');
  const figures = experiment({
    agents: whole('agents', values.agents, 2),
    regions: whole('regions', values.regions, 1),
    seed: whole('seed', values.seed, 0),
    lookups: whole('lookups', values.lookups, 1),
    broadcasts: whole('broadcasts', values.broadcasts, 1),
    say: (line) => console.error(line),
  });
  const report = figureReport(`node test/sim/structure/main.ts ${args.join(' ')}`, figures);
  for (const { name, value, unit, goal, pass } of report.figures) {
    const verdict = goal === undefined ? '' : `  goal ${goal}: ${pass === true ? 'met' : 'MISSED'}`;
    console.log(`${name.padEnd(36)} ${value.toFixed(3).padStart(12)} ${unit}${verdict}`);
  }
  if (values.json !== undefined) writeFigures(values.json, report);
  return 0;
}

runCommand(main, USAGE);
