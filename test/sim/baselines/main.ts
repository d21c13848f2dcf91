// `node test/sim/baselines/main.ts EXPERIMENT [options]`: runs E1, E2 or E3 for the baselines and prints a table.

import { parseArgs } from 'node:util';
import { type Figure, figureReport, percentile, writeFigures } from '../../figures.ts';
import { runCommand, share, whole } from '../command.ts';
import { broadcasts, dead, deadLookups, lookups, type Row, type RunOptions, TO_HOME } from './experiments.ts';
import { churned } from './growth.ts';

const EXPERIMENTS: Readonly<Record<string, (options: RunOptions) => Iterable<Row>>> = {
  lookup: lookups,
  broadcast: broadcasts,
  dead10: (options) => dead(options, 0.1),
  dead30: (options) => dead(options, 0.3),
  'dead10-lookup': (options) => deadLookups(options, 0.1),
  'dead30-lookup': (options) => deadLookups(options, 0.3),
  churn10: (options) => churn(options, 0.1),
  churn30: (options) => churn(options, 0.3),
};

const USAGE = `usage: node test/sim/baselines/main.ts ${Object.keys(EXPERIMENTS).join('|')}
  --agents N      agents (1000)                  --regions R     regions they are spread over (8)
  --seed S        first seed (1)                 --rounds K      worlds, with consecutive seeds (1)
  --lookups N     look-ups of each (2000)        --broadcasts N  broadcasts of each (3)
  --loss P        packet loss (0)                --only A,B      of these protocols
  --json FILE     write the figures`;

function main(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      agents: { type: 'string', default: '1000' },
      regions: { type: 'string', default: '8' },
      seed: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '1' },
      lookups: { type: 'string', default: '2000' },
      broadcasts: { type: 'string', default: '3' },
      loss: { type: 'string', default: '0' },
      only: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const name = positionals[0] ?? '';
  const experiment = EXPERIMENTS[name];
  if (experiment === undefined || positionals.length !== 1) throw new RangeError('expected one experiment');
  const options = {
    agents: whole('agents', values.agents, 2),
    regions: whole('regions', values.regions, 1),
    lookups: whole('lookups', values.lookups, 1),
    broadcasts: whole('broadcasts', values.broadcasts, 1),
    loss: share('loss', values.loss),
    only: values.only?.split(','),
  };
  const first = whole('seed', values.seed, 0);
  const samples = new Map<string, number[]>();
  for (let round = 0; round < whole('rounds', values.rounds, 1); round += 1) {
    console.log(`${name}, ${options.agents} agents, ${options.regions} regions, seed ${first + round}`);
    for (const row of experiment({ ...options, seed: first + round })) {
      if (samples.size === 0 || round === 0) printHead(row, samples.size === 0);
      printRow(row);
      note(name, row, samples);
    }
  }
  if (values.json !== undefined) {
    const figures = [...samples].map(([figure, all]): Figure => {
      return { name: figure, value: percentile(all, 0.5), unit: unitOf(figure), samples: all };
    });
    writeFigures(values.json, figureReport(`node test/sim/baselines/main.ts ${args.join(' ')}`, figures));
  }
  return 0;
}

const CHURN_MS = 600_000;

/** E5 for the baselines: look-ups while this share of the agents dies every minute and comes back a minute later. */
function* churn(options: RunOptions, perMinute: number): Generator<Row> {
  for (const [protocol, build] of Object.entries(TO_HOME)) {
    if (options.only?.includes(protocol) === false) continue;
    const { overlay, asked, right } = churned(build, { ...options, perMinute, forMs: CHURN_MS });
    const { messages, bytes } = overlay.fabric.network;
    const perAgentSecond = (sent: Float64Array): number =>
      sent.reduce((sum, each) => sum + each) / options.agents / (CHURN_MS / 1000);
    yield {
      protocol,
      asked,
      right: right / asked,
      messages_s: perAgentSecond(messages),
      bytes_s: perAgentSecond(bytes),
    };
  }
}

const NAME_WIDTH = 20;
const WIDTH = 13;

function printHead(row: Row, wanted: boolean): void {
  if (!wanted) return;
  const columns = Object.keys(row).filter((column) => column !== 'protocol');
  console.log(''.padEnd(NAME_WIDTH) + columns.map((column) => column.padStart(WIDTH)).join(''));
}

function printRow({ protocol, ...columns }: Row): void {
  const cells = Object.entries(columns).map(([column, value]) => {
    const digits = column === 'coverage' || column === 'right' ? 4 : Number(value) >= 100 ? 0 : 2;
    return Number(value).toFixed(digits).padStart(WIDTH);
  });
  console.log(protocol.padEnd(NAME_WIDTH) + cells.join(''));
}

function note(experiment: string, { protocol, ...columns }: Row, samples: Map<string, number[]>): void {
  for (const [column, value] of Object.entries(columns)) {
    const figure = `sim.${experiment}.${protocol}.${column}`;
    samples.set(figure, [...(samples.get(figure) ?? []), Number(value)]);
  }
}

function unitOf(figure: string): string {
  if (figure.endsWith('_ms')) return 'ms';
  return figure.endsWith('.coverage') || figure.endsWith('.right') ? 'ratio' : '1';
}

runCommand(main, USAGE);
