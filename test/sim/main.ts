// `npm run sim -- EXPERIMENT [options]`: runs an experiment on a virtual clock and prints its figures.

import { parseArgs } from 'node:util';
import { figureReport, writeFigures } from '../figures.ts';
import { runCommand, share, whole } from './command.ts';
import { EXPERIMENTS } from './experiments.ts';

const USAGE = `usage: npm run sim -- ${Object.keys(EXPERIMENTS).join('|')}
  --agents N     agents (32)         --regions R   regions they are spread over (1)
  --seed S       first seed (1)      --rounds K    worlds, with consecutive seeds (1)
  --loss P       packet loss (0)     --codec       run every message through its bytes
  --ring-size T  what rings aim at (32)
  --json FILE    write the figures`;

function main(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      agents: { type: 'string', default: '32' },
      regions: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '1' },
      loss: { type: 'string', default: '0' },
      'ring-size': { type: 'string', default: '32' },
      codec: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const experiment = EXPERIMENTS[positionals[0] ?? ''];
  if (experiment === undefined || positionals.length !== 1) throw new RangeError('expected one experiment');
  const figures = experiment({
    agents: whole('agents', values.agents, 1),
    regions: whole('regions', values.regions, 1),
    seed: whole('seed', values.seed, 0),
    rounds: whole('rounds', values.rounds, 1),
    loss: share('loss', values.loss),
    codec: values.codec,
    ringSize: whole('ring-size', values['ring-size'], 4),
    say: (line) => console.error(line),
  });
  const report = figureReport(`npm run sim -- ${args.join(' ')}`, figures);
  for (const { name, value, unit, goal, pass } of report.figures) {
    const verdict = goal === undefined ? '' : `  goal ${goal}: ${pass === true ? 'met' : 'MISSED'}`;
    console.log(`${name.padEnd(34)} ${value.toFixed(2).padStart(10)} ${unit}${verdict}`);
  }
  if (values.json !== undefined) writeFigures(values.json, report);
  return 0;
}

runCommand(main, USAGE);
