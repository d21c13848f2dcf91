// Schedules that once broke something, each with a line on what it found. They run before the random ones.

import type { Schedule } from './schedule.ts';

export const SEEDS: readonly (Schedule & { readonly found: string })[] = [
  {
    found: 'an outbound agent whose own ring had the lower id never folded: nobody could ask it back',
    seed: 0,
    agents: 2,
    regions: 1,
    outbound: [1],
    faults: [],
  },
  {
    found: 'two founders cut apart dropped each other as silent and never asked again',
    seed: 0,
    agents: 5,
    regions: 3,
    outbound: [],
    faults: [
      { afterMs: 58, fault: { kind: 'start', agent: 0 } },
      { afterMs: 0, fault: { kind: 'split', sides: 4084 } },
      { afterMs: 683, fault: { kind: 'start', agent: 0 } },
      { afterMs: 7545, fault: { kind: 'stop', agent: 0 } },
    ],
  },
  {
    found: 'an outbound agent that died before it had spoken to anybody was never probed and stayed for ever',
    seed: 16,
    agents: 4,
    regions: 1,
    outbound: [3],
    faults: [{ afterMs: 25, fault: { kind: 'stop', agent: 3 } }],
  },
  {
    found:
      'an agent that had dropped the only contact of a region refused for ten minutes to hear of it again',
    seed: 0,
    agents: 3,
    regions: 2,
    outbound: [],
    faults: [
      { afterMs: 0, fault: { kind: 'split', sides: 1010 } },
      { afterMs: 7231, fault: { kind: 'freeze', agent: 0, forMs: 0 } },
      { afterMs: 6377, fault: { kind: 'split', sides: 0 } },
    ],
  },
];

/** The same for rings of four members; `times` as many agents as the schedule says. */
export const RING_SEEDS: readonly (Schedule & { readonly found: string; readonly times: number })[] = [
  {
    found: 'two seats of one term stayed side by side: the older was never answered with the newer',
    times: 6,
    seed: 0,
    agents: 8,
    regions: 1,
    outbound: [],
    faults: [
      { afterMs: 6851, fault: { kind: 'split', sides: 1198 } },
      { afterMs: 7926, fault: { kind: 'start', agent: 0 } },
      { afterMs: 7877, fault: { kind: 'start', agent: 0 } },
    ],
  },
  {
    found: 'halves with tombstones of earlier incarnations never revived each other',
    times: 1,
    seed: 1628534104,
    agents: 9,
    regions: 1,
    outbound: [],
    faults: [
      { afterMs: 0, fault: { kind: 'loss', share: 0.2 } },
      { afterMs: 2876, fault: { kind: 'split', sides: 3347 } },
      { afterMs: 11704, fault: { kind: 'heal' } },
    ],
  },
];
