// The rings above an agent: what everything that crosses rings works on.
//
// An agent is in one leaf ring. That ring has a seat in its parent ring, which has a seat in the next one, up to the
// top ring of the region and, where there are several regions, the world ring. Every agent holds the seats of all
// rings on this path. A parent ring is no thing of its own: it is the set of seats that name it, as a leaf ring is the
// set of agents that name it, so membership is never in two places.
//
//     world      seats [eu] [us] [asia]            level 2
//     eu         seats [eu-a] [eu-b] [eu-c]        level 1, top ring of region eu
//     eu-a       agents a1 a2 a3 a4                level 0, leaf ring
//
// The path of a1: above[0] = eu with own seat eu-a, above[1] = world with own seat eu.

import type { AgentId, RingId } from '../../wire/ids.ts';
import type { Contact } from '../ports.ts';
import type { RingView } from './ring-view.ts';

/** Who can be asked for a ring: the first three are its representatives, the first of all its primary. */
export interface SeatContact extends Contact {
  readonly id: AgentId;
  /** Base URL for players; empty where it serves none. */
  readonly publicUrl: string;
}

/** The place of a child ring in its parent ring. (term, then lower id of the primary) wins. */
export interface Seat {
  /** The child ring. */
  readonly ring: RingId;
  /** The ring that the seat is in. Its level is higher than that of `ring`. */
  readonly parent: RingId;
  readonly term: number;
  /** Agents below the seat. */
  readonly size: number;
  /** 1 to 5. */
  readonly contacts: readonly SeatContact[];
}

export interface PathRing {
  readonly ring: RingId;
  readonly level: number;
  /** In the order of their ring ids, the own one included. */
  readonly seats: readonly Seat[];
  /** The seat below which this agent is. */
  readonly own: Seat;
}

export interface PathView {
  readonly leaf: RingView;
  /** From the leaf ring's parent upwards; empty where the leaf ring is all there is. */
  readonly above: readonly PathRing[];
  /** Whether the last of `above` joins regions. */
  readonly world: boolean;
  /** Changes whenever anything above does. */
  readonly version: number;
}
