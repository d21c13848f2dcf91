// Where everything is on the ring map: the origin in the middle, the regions on the world ring around it, the leaf
// rings of a region side by side in its ring, the agents on their leaf rings. Pure: the same rings, the same places.
//
// A leaf ring grows with its agents, and leaves room for their names; a region whose leaf rings take more than the
// width of the map is drawn smaller as a whole.

import type { AgentStatus, RegionStatus } from '../status.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface AgentPlace {
  readonly at: Point;
  /** Where its name is, from `at`. */
  readonly label: Point & { readonly anchor: 'start' | 'middle' | 'end' };
  readonly leaf: string;
}

export interface LeafPlace {
  readonly at: Point;
  readonly radius: number;
  readonly region: string;
}

export interface RegionPlace {
  readonly at: Point;
  /** Of the ring around its leaf rings; none where it has a single one. */
  readonly box: { readonly width: number; readonly height: number } | undefined;
  /** The middle of its name. */
  readonly label: Point;
}

export interface Layout {
  readonly agents: ReadonlyMap<number, AgentPlace>;
  readonly leaves: ReadonlyMap<string, LeafPlace>;
  readonly regions: ReadonlyMap<string, RegionPlace>;
}

type Placed = Pick<AgentStatus, 'index' | 'region' | 'ring'>;

export const WIDTH = 680;
export const HEIGHT = 544;
export const WORLD_RADIUS = 196;
export const CENTRE: Point = { x: WIDTH / 2, y: 342 };
/** Of a name with its line of numbers, and the air around it. */
const LABEL_WIDTH = 72;
const LABEL_HEIGHT = 34;
const NODE_GAP = 24;
const REGION_WIDTH_MAX = WIDTH - 24;

export function layoutOf(regions: readonly Pick<RegionStatus, 'id'>[], agents: readonly Placed[]): Layout {
  const layout = { agents: new Map(), leaves: new Map(), regions: new Map() };
  for (const [r, { id }] of regions.entries()) {
    const leaves = new Map<string, Placed[]>();
    for (const agent of agents) {
      if (agent.region !== id) continue;
      // Until it says where it is, an agent is drawn with the first ring of its region.
      const leaf = agent.ring ?? agents.find(({ region, ring }) => region === id && ring)?.ring ?? id;
      leaves.set(leaf, [...(leaves.get(leaf) ?? []), agent]);
    }
    placeRegion(
      id,
      around(CENTRE, WORLD_RADIUS, -Math.PI / 2 + (r * 2 * Math.PI) / regions.length),
      leaves,
      layout,
    );
  }
  return layout;
}

function placeRegion(
  id: string,
  at: Point,
  rings: ReadonlyMap<string, readonly Placed[]>,
  into: {
    agents: Map<number, AgentPlace>;
    leaves: Map<string, LeafPlace>;
    regions: Map<string, RegionPlace>;
  },
): void {
  const extents = [...rings.values()].map((members) => extentOf(members.length));
  const whole = extents.reduce((sum, { width }) => sum + width, 0);
  const height = Math.max(...extents.map((extent) => extent.height));
  const several = rings.size > 1;
  const scale = Math.min(1, REGION_WIDTH_MAX / (whole + (several ? height / 3 : 0)));
  let left = at.x - (whole * scale) / 2;
  for (const [i, [ring, members]] of [...rings].entries()) {
    const width = (extents[i]?.width ?? 0) * scale;
    const middle = { x: left + width / 2, y: at.y };
    left += width;
    const radius = radiusOf(members.length) * scale;
    into.leaves.set(ring, { at: middle, radius, region: id });
    for (const [seat, { index }] of members.entries()) {
      into.agents.set(index, {
        ...placeOnRing(middle, members.length === 1 ? 0 : radius, seat, members.length),
        leaf: ring,
      });
    }
  }
  const box = several ? { width: (whole + height / 3) * scale, height: height * scale } : undefined;
  into.regions.set(id, { at, box, label: { x: at.x, y: at.y + (height * scale) / 2 + 16 } });
}

/** Seats lie symmetrically, with a gap on top: two names side by side need less room than one above the other. */
function placeOnRing(
  middle: Point,
  radius: number,
  seat: number,
  seats: number,
): Pick<AgentPlace, 'at' | 'label'> {
  const angle = -Math.PI / 2 + ((seat + 0.5) * 2 * Math.PI) / seats;
  const at = around(middle, radius, angle);
  const [dx, dy] = [at.x - middle.x, at.y - middle.y];
  if (seats > 3 && Math.abs(dx) > Math.abs(dy) + 1) {
    return { at, label: { x: Math.sign(dx) * NODE_GAP, y: 0, anchor: dx > 0 ? 'start' : 'end' } };
  }
  return { at, label: { x: 0, y: dy < -1 ? -NODE_GAP - 11 : NODE_GAP + 9, anchor: 'middle' } };
}

function radiusOf(seats: number): number {
  return Math.max(44, 24 + 8 * seats);
}

/** Room that a leaf ring takes with the names of its agents. */
function extentOf(seats: number): { readonly width: number; readonly height: number } {
  let [width, height] = [LABEL_WIDTH, LABEL_HEIGHT];
  for (let seat = 0; seat < seats; seat += 1) {
    const { at, label } = placeOnRing({ x: 0, y: 0 }, seats === 1 ? 0 : radiusOf(seats), seat, seats);
    const reach = label.anchor === 'middle' ? LABEL_WIDTH / 2 : NODE_GAP + LABEL_WIDTH;
    width = Math.max(width, 2 * (Math.abs(at.x) + reach));
    height = Math.max(
      height,
      2 * (Math.abs(at.y) + (label.anchor === 'middle' ? NODE_GAP + LABEL_HEIGHT - 8 : 0)),
    );
  }
  return { width: width + 10, height: Math.max(height, 2 * radiusOf(seats) + 2 * NODE_GAP) + 14 };
}

/** A point on the line from `from` to `to`, `by` short of it. */
export function short(from: Point, to: Point, by: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const part = Math.max(0, length - by) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

/** A little to the side of the straight line, so that two directions are two lines. */
export function bowed(from: Point, to: Point, bow: number = 0.09): string {
  const x = (from.x + to.x) / 2 + (to.y - from.y) * bow;
  const y = (from.y + to.y) / 2 - (to.x - from.x) * bow;
  return `M ${fixed(from.x)} ${fixed(from.y)} Q ${fixed(x)} ${fixed(y)} ${fixed(to.x)} ${fixed(to.y)}`;
}

function around(centre: Point, radius: number, angle: number): Point {
  return { x: centre.x + radius * Math.cos(angle), y: centre.y + radius * Math.sin(angle) };
}

function fixed(value: number): string {
  return value.toFixed(1);
}
