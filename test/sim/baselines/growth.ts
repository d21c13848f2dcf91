// Worlds in which the baselines' own joins, upkeep and failures fill the tables, with no help of `settle`.
//
// `grown` starts from one agent and lets the others join one after another. `churned` runs a settled overlay while
// agents die without a word and come back a minute later with empty tables, and asks it for keys all the while.

import { below, prng } from '../../../agent/core/prng.ts';
import { type Build, settled } from './experiments.ts';
import { Fabric } from './fabric.ts';
import { Kademlia } from './kademlia.ts';
import { KademliaPerRegion } from './kademlia-per-region.ts';
import { drawIds, randomKey } from './key-space.ts';
import type { Base } from './overlay.ts';

export interface GrowthOptions {
  readonly agents: number;
  readonly regions: number;
  readonly seed: number;
  readonly loss: number;
  /** Between two joins. */
  readonly everyMs: number;
  /** After the last one. */
  readonly quietMs: number;
}

export function grown(build: Build, options: GrowthOptions): Base {
  const fabric = new Fabric(options);
  const overlay = build(fabric, drawIds(options.agents, prng(options.seed ^ 0x1d5)));
  overlay.keep(0);
  for (let agent = 1; agent < options.agents; agent += 1) {
    fabric.at(agent * options.everyMs, () => {
      overlay.join(agent, overlay.entrance(agent, fabric.random));
    });
  }
  fabric.run(options.agents * options.everyMs + options.quietMs);
  return overlay;
}

export interface Churn {
  readonly agents: number;
  readonly regions: number;
  readonly seed: number;
  readonly loss: number;
  /** Share of all agents that die in a minute. */
  readonly perMinute: number;
  readonly forMs: number;
}

const AWAY_MS = 60_000;
const ASK_EVERY_MS = 100;
const KEYS = 200;

/** @returns look-ups asked and those that ended at the true home, as it was when the answer came */
export function churned(build: Build, options: Churn): { overlay: Base; asked: number; right: number } {
  const overlay = settled(build, options);
  const { fabric } = overlay;
  const random = prng(options.seed ^ 0xc4e2);
  const someone = (): number => overlay.entrance(-1, random);
  for (let agent = 0; agent < options.agents; agent += 1) overlay.keep(agent);
  const keys = Array.from({ length: KEYS }, () => randomKey(random));
  if (overlay instanceof Kademlia || overlay instanceof KademliaPerRegion) {
    for (const key of keys) overlay.place(key);
  }
  const dieEveryMs = 60_000 / (options.agents * options.perMinute);
  const die = (): void => {
    const agent = someone();
    fabric.kill(agent);
    overlay.lose(agent);
    fabric.at(fabric.nowMs + AWAY_MS, () => {
      fabric.revive(agent);
      overlay.join(agent, overlay.entrance(agent, random));
    });
    fabric.at(fabric.nowMs + dieEveryMs, die);
  };
  fabric.at(dieEveryMs, die);
  let asked = 0;
  let right = 0;
  const ask = (): void => {
    const from = someone();
    const key = keys[below(random, KEYS)] as number;
    overlay.lookup(from, key, (found) => {
      asked += 1;
      if (found !== undefined && overlay.isRight(found, key, from)) right += 1;
    });
    fabric.at(fabric.nowMs + ASK_EVERY_MS, ask);
  };
  fabric.at(0, ask);
  fabric.run(options.forMs);
  return { overlay, asked, right };
}
