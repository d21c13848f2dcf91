// Where everything is on the ring map: the origin in the middle, the regions' rings on the world ring around it, the
// agents on their rings. Pure.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export const WIDTH = 680;
export const HEIGHT = 524;
export const CENTRE: Point = { x: WIDTH / 2, y: 308 };
export const WORLD_RADIUS = 190;
export const RING_RADIUS = 70;

/** @returns the middle of a region's ring; the first region is on top, the others follow clockwise */
export function ringCentre(region: number, regions: number): Point {
  return around(CENTRE, WORLD_RADIUS, regionAngle(region, regions));
}

/** @returns where an agent is on its ring: the first on the outside, so that labels have room */
export function seatPoint(at: { region: number; regions: number; seat: number; seats: number }): Point {
  const angle = regionAngle(at.region, at.regions) + (at.seat * 2 * Math.PI) / at.seats;
  return around(ringCentre(at.region, at.regions), RING_RADIUS, angle);
}

/** A point on the line from `from` to `to`, `by` short of it. */
export function short(from: Point, to: Point, by: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const part = Math.max(0, length - by) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

/** A little to the side of the straight line, so that two directions are two lines. */
export function bowed(from: Point, to: Point): string {
  const bow = 0.09;
  const x = (from.x + to.x) / 2 + (to.y - from.y) * bow;
  const y = (from.y + to.y) / 2 - (to.x - from.x) * bow;
  return `M ${fixed(from.x)} ${fixed(from.y)} Q ${fixed(x)} ${fixed(y)} ${fixed(to.x)} ${fixed(to.y)}`;
}

function around(centre: Point, radius: number, angle: number): Point {
  return { x: centre.x + radius * Math.cos(angle), y: centre.y + radius * Math.sin(angle) };
}

function regionAngle(region: number, regions: number): number {
  return -Math.PI / 2 + (region * 2 * Math.PI) / regions;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
