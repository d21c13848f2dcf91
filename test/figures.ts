// What a measuring command writes with `--json FILE`: one format for all of them.
//
// A figure that could not be measured is left out, with a line on stderr that says why; never a default.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Such as `<= 6.2`, `= 0`, `>= 0.95`. Undefined for a figure that is only reported. */
  readonly goal?: string | undefined;
  /** The rounds whose median, or maximum where the name says so, is `value`. */
  readonly samples?: readonly number[] | undefined;
}

export interface FigureReport {
  readonly command: string;
  readonly commit: string;
  readonly machine: { cpus: number; node: string; peers: Record<string, string> };
  readonly figures: readonly (Figure & { readonly pass?: boolean })[];
}

/** @param peers versions of other software that took part, by name */
export function figureReport(
  command: string,
  figures: readonly Figure[],
  peers: Record<string, string> = {},
): FigureReport {
  const judged = figures.map((figure) => {
    return figure.goal === undefined ? figure : { ...figure, pass: meets(figure.value, figure.goal) };
  });
  const machine = { cpus: cpus().length, node: process.version, peers };
  return { command, commit: commitHash(), machine, figures: judged };
}

export function writeFigures(file: string, report: FigureReport): void {
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
}

/** @param goal a comparison and a number: `<= 6.2`, `= 0`, `>= 0.95` */
export function meets(value: number, goal: string): boolean {
  const match = /^(<=|>=|=|<|>) (-?\d+(?:\.\d+)?)$/.exec(goal);
  if (match === null) throw new RangeError(`expected a goal such as "<= 6.2", got "${goal}"`);
  const bound = Number(match[2]);
  switch (match[1]) {
    case '<=':
      return value <= bound;
    case '>=':
      return value >= bound;
    case '<':
      return value < bound;
    case '>':
      return value > bound;
    default:
      return value === bound;
  }
}

/** @param share 0.5 for the median; the nearest rank, of at least one sample */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('expected at least one sample, got none');
  return value;
}

function commitHash(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    console.error('figures: no commit: this is not a git checkout');
    return '';
  }
}
