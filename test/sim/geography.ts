// Where the simulated agents are and how long light takes between them.
//
// Eight regions with a few metros each. Computed: the round trip of two metros is their great-circle distance there
// and back at 200 km per ms (light in glass, two thirds of c), times a stretch, because cables do not follow great
// circles, plus 1 ms for the ends. Calibrated: the stretch of every pair of regions, so that the anchor metros of the
// two come out as published in Microsoft's "Azure network round-trip latency statistics" (95th percentile of 30 days
// to 30 July 2026, mean of both directions). Inside a region one stretch, 1.8, fits the seven pairs of that table that
// are ours to -45 .. +20 % (Frankfurt - London 13 ms, table 19; Singapore - Hong Kong 48, table 40).
// Within a metro: 1 ms. Each agent's way into its metro comes on top: a log-normal delay that is drawn once.
// Jitter, loss and bandwidth are network.ts. Memory is a few bytes an agent and the metros squared.

import { below, prng } from '../../agent/core/prng.ts';

export interface Metro {
  readonly region: string;
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

const KM_PER_MS = 200;
const ENDS_MS = 1;
const REGION_STRETCH = 1.8;

const PLACES: readonly (readonly [region: string, name: string, latitude: number, longitude: number])[] = [
  ['eu', 'fra', 50.1, 8.7],
  ['eu', 'lon', 51.5, -0.1],
  ['eu', 'par', 48.9, 2.4],
  ['eu', 'ber', 52.5, 13.4],
  ['us', 'iad', 39.0, -77.5],
  ['us', 'nyc', 40.7, -74.0],
  ['us', 'chi', 41.9, -87.6],
  ['us', 'dal', 32.8, -96.8],
  ['ap', 'sin', 1.4, 103.8],
  ['ap', 'hkg', 22.3, 114.2],
  ['ap', 'jkt', -6.2, 106.8],
  ['sa', 'sao', -23.6, -46.6],
  ['sa', 'bue', -34.6, -58.4],
  ['sa', 'rio', -22.9, -43.2],
  ['jp', 'tyo', 35.7, 139.7],
  ['jp', 'osa', 34.7, 135.5],
  ['jp', 'fuk', 33.6, 130.4],
  ['in', 'bom', 19.1, 72.9],
  ['in', 'del', 28.6, 77.2],
  ['in', 'maa', 13.1, 80.3],
  ['af', 'jnb', -26.2, 28.0],
  ['af', 'cpt', -33.9, 18.4],
  ['af', 'dur', -29.9, 31.0],
  ['au', 'syd', -33.9, 151.2],
  ['au', 'mel', -37.8, 145.0],
  ['au', 'bne', -27.5, 153.0],
];

/** Round trips between the anchors of two regions, in ms; a region's anchor is its first place. Azure's names for
 *  them: Germany West Central, East US, Southeast Asia, Brazil South, Japan East, Central India, South Africa North,
 *  Australia East. */
export const ANCHOR_RTT_MS: Readonly<Record<string, number>> = {
  'eu-us': 97,
  'eu-ap': 179,
  'eu-sa': 200,
  'eu-jp': 248,
  'eu-in': 152,
  'eu-af': 173,
  'eu-au': 291,
  'us-ap': 229,
  'us-sa': 120,
  'us-jp': 165,
  'us-in': 216,
  'us-af': 226,
  'us-au': 206,
  'ap-sa': 337,
  'ap-jp': 74,
  'ap-in': 59,
  'ap-af': 200,
  'ap-au': 98,
  'sa-jp': 270,
  'sa-in': 320,
  'sa-af': 327,
  'sa-au': 298,
  'jp-in': 130,
  'jp-af': 255,
  'jp-au': 105,
  'in-af': 134,
  'in-au': 151,
  'af-au': 347,
};

/** Metros of `regions` regions. Past the eighth the same places come again under other names: `eu2`, `us2` ... */
export function metrosOf(regions: number): Metro[][] {
  const names = [...new Set(PLACES.map(([region]) => region))];
  return Array.from({ length: regions }, (_, index) => {
    const base = names[index % names.length];
    const round = Math.floor(index / names.length);
    const region = round === 0 ? `${base}` : `${base}${round + 1}`;
    return PLACES.filter(([of]) => of === base).map(([, name, latitude, longitude]) => {
      return { region, name, latitude, longitude };
    });
  });
}

/** Agents spread evenly over the regions, in turn, and by chance over the metros of each. */
export interface Placement {
  readonly metros: readonly Metro[];
  /** By agent: an index of `metros`. */
  readonly metroOf: Int32Array;
  /** By agent: the number of its region. */
  readonly regionOf: Int32Array;
}

export function placeAgents(options: { agents: number; regions: number; seed: number }): Placement {
  const byRegion = metrosOf(options.regions);
  const random = prng(options.seed);
  const firstOf: number[] = [];
  let metros = 0;
  for (const own of byRegion) {
    firstOf.push(metros);
    metros += own.length;
  }
  const metroOf = new Int32Array(options.agents);
  const regionOf = new Int32Array(options.agents);
  for (let agent = 0; agent < options.agents; agent += 1) {
    const region = agent % options.regions;
    regionOf[agent] = region;
    metroOf[agent] = (firstOf[region] ?? 0) + below(random, byRegion[region]?.length ?? 0);
  }
  return { metros: byRegion.flat(), metroOf, regionOf };
}

/** @returns one-way delay between two metros, in ms, without anyone's way into them */
export function oneWayMs(a: Metro, b: Metro): number {
  const km = distanceKm(a, b);
  return (ENDS_MS + (2 * km * stretch(baseOf(a), baseOf(b))) / KM_PER_MS) / 2;
}

/** Agents are operators' machines, hosted or on business fibre, not phones: median 1.5 ms into the metro and as much
 *  out of it (two medians and the metro's millisecond make 7 ms of round trip), one in ten above 3.7, one in a hundred
 *  above 7.6. Our choice; there is no table of such machines. */
const ACCESS_MEDIAN_MS = 1.5;
const ACCESS_SIGMA = 0.7;
const ACCESS_MIN_MS = 0.1;
const ACCESS_MAX_MS = 20;

/** @returns an agent's one-way delay into its metro, in ms */
export function accessMs(random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const drawn = ACCESS_MEDIAN_MS * Math.exp(ACCESS_SIGMA * normal);
  return Math.min(ACCESS_MAX_MS, Math.max(ACCESS_MIN_MS, drawn));
}

const stretches: Map<string, number> = new Map();

function stretch(a: string, b: string): number {
  if (a === b) return REGION_STRETCH;
  const pair = `${a}-${b}`;
  const known = stretches.get(pair);
  if (known !== undefined) return known;
  const rttMs = ANCHOR_RTT_MS[pair] ?? ANCHOR_RTT_MS[`${b}-${a}`];
  if (rttMs === undefined) throw new RangeError(`expected a round trip of ${pair}: add it to ANCHOR_RTT_MS`);
  const km = distanceKm(anchorOf(a), anchorOf(b));
  const value = ((rttMs - ENDS_MS) * KM_PER_MS) / (2 * km);
  stretches.set(pair, value);
  return value;
}

function anchorOf(region: string): Metro {
  const place = PLACES.find(([of]) => of === region);
  if (place === undefined) throw new RangeError(`expected a region of PLACES, got ${region}`);
  const [, name, latitude, longitude] = place;
  return { region, name, latitude, longitude };
}

function baseOf(metro: Metro): string {
  return metro.region.slice(0, 2);
}

function distanceKm(a: Metro, b: Metro): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const [latA, latB] = [radians(a.latitude), radians(b.latitude)];
  const half = Math.sin((latB - latA) / 2) ** 2;
  const across = Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return 2 * 6371 * Math.asin(Math.sqrt(half + Math.cos(latA) * Math.cos(latB) * across));
}
