// Who plays in the demo: nine agents in three regions. Places are real ones, distances are not: all run on one machine.

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
  { name: 'eu-ber', place: 'eu/de/ber', city: 'Berlin' },
  { name: 'eu-par', place: 'eu/fr/par', city: 'Paris' },
  { name: 'eu-mad', place: 'eu/es/mad', city: 'Madrid' },
  { name: 'us-nyc', place: 'us/ny/nyc', city: 'New York' },
  { name: 'us-chi', place: 'us/il/chi', city: 'Chicago' },
  { name: 'us-sea', place: 'us/wa/sea', city: 'Seattle' },
  { name: 'asia-tyo', place: 'asia/jp/tyo', city: 'Tokyo' },
  { name: 'asia-sel', place: 'asia/kr/sel', city: 'Seoul' },
  { name: 'asia-sin', place: 'asia/sg/sin', city: 'Singapore' },
];

export const REGIONS: readonly DemoRegion[] = [
  { id: 'eu', label: 'Europe' },
  { id: 'us', label: 'North America' },
  { id: 'asia', label: 'Asia' },
];

export function regionOf(seat: Seat): string {
  return seat.place.split('/')[0] ?? seat.place;
}
