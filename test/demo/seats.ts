// Who plays in the demo: 12 agents in three regions. Places are real ones, distances are not: all run on one machine.
//
// Europe has more agents than one ring of RING_SIZE holds, so its ring splits: two leaf rings below the region's
// ring, north and south, because a ring is cut where declared places differ most.

export interface Seat {
  /** Also the agent's folder in the cluster's directory. */
  readonly name: string;
  /** Region path as the agent declares it; its first label is the region. */
  readonly place: string;
  readonly city: string;
}

export interface DemoRegion {
  readonly id: string;
  readonly label: string;
}

export const SEATS: readonly Seat[] = [
  { name: 'eu-ber', place: 'eu/north/ber', city: 'Berlin' },
  { name: 'eu-ham', place: 'eu/north/ham', city: 'Hamburg' },
  { name: 'eu-lon', place: 'eu/north/lon', city: 'London' },
  { name: 'eu-dub', place: 'eu/north/dub', city: 'Dublin' },
  { name: 'eu-par', place: 'eu/south/par', city: 'Paris' },
  { name: 'eu-lys', place: 'eu/south/lys', city: 'Lyon' },
  { name: 'eu-mad', place: 'eu/south/mad', city: 'Madrid' },
  { name: 'eu-lis', place: 'eu/south/lis', city: 'Lisbon' },
  { name: 'us-nyc', place: 'us/ny/nyc', city: 'New York' },
  { name: 'us-sea', place: 'us/wa/sea', city: 'Seattle' },
  { name: 'asia-tyo', place: 'asia/jp/tyo', city: 'Tokyo' },
  { name: 'asia-sin', place: 'asia/sg/sin', city: 'Singapore' },
];

export const REGIONS: readonly DemoRegion[] = [
  { id: 'eu', label: 'Europe' },
  { id: 'us', label: 'North America' },
  { id: 'asia', label: 'Asia' },
];

/** Agents that a ring aims at; it splits above 1.75 times as many. Far below what one would run, to show rings of rings. */
export const RING_SIZE = 4;

export function regionOf(seat: Seat): string {
  return seat.place.split('/')[0] ?? seat.place;
}
