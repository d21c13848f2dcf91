// What a benchmark is: given a world to start servers in, it measures and hands back tables and figures.
//
// A figure that it could not measure is in `absent` with the reason, never among the figures.

import type { Figure } from '../figures.ts';
import type { World } from './world.ts';

export type Bench = (context: BenchContext) => Promise<BenchResult>;

export interface BenchContext {
  readonly world: World;
  readonly rounds: number;
  /** Small enough for a test: says that the harness works, not how fast anything is. */
  readonly quick: boolean;
  /** Also the sizes that take long. */
  readonly full: boolean;
  /** Whether a live stream is measured too. */
  readonly live: boolean;
  readonly say: (line: string) => void;
}

export interface BenchResult {
  readonly tables: readonly Table[];
  readonly figures: readonly Figure[];
  /** `name: why it was not measured` */
  readonly absent: readonly string[];
}

export interface Table {
  readonly title: string;
  /** The first column names the row; the others hold numbers. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly [string, ...(number | undefined)[]])[];
}
