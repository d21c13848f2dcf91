// Where the simulated agents are and how long light takes between them.
//
// Eight regions with a few metros each. The round trip of two metros is their great-circle distance there and back at
// 200 km per ms (light in glass, two thirds of c), times 1.6 because cables do not follow great circles, plus 1 ms for
// the ends. That gives Frankfurt - New York 100 ms and Frankfurt - London 11 ms, which is what the public looking
// glasses of carriers show to within a fifth. Within a metro: 1 ms. Jitter, loss and congestion are network.ts.

export interface Metro {
  readonly region: string;
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

const KM_PER_MS = 200;
const ROUTE_STRETCH = 1.6;
const ENDS_MS = 1;

const PLACES: readonly (readonly [region: string, name: string, latitude: number, longitude: number])[] = [
  ['eu', 'fra', 50.1, 8.7],
  ['eu', 'lon', 51.5, -0.1],
  ['eu', 'par', 48.9, 2.4],
  ['eu', 'ber', 52.5, 13.4],
  ['us', 'nyc', 40.7, -74.0],
  ['us', 'chi', 41.9, -87.6],
  ['us', 'dal', 32.8, -96.8],
  ['ap', 'sin', 1.4, 103.8],
  ['ap', 'hkg', 22.3, 114.2],
  ['ap', 'jkt', -6.2, 106.8],
  ['sa', 'sao', -23.6, -46.6],
  ['sa', 'bue', -34.6, -58.4],
  ['jp', 'tyo', 35.7, 139.7],
  ['jp', 'osa', 34.7, 135.5],
  ['in', 'bom', 19.1, 72.9],
  ['in', 'del', 28.6, 77.2],
  ['af', 'jnb', -26.2, 28.0],
  ['af', 'cpt', -33.9, 18.4],
  ['au', 'syd', -33.9, 151.2],
  ['au', 'mel', -37.8, 145.0],
];

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

/** @returns one-way delay in ms */
export function oneWayMs(a: Metro, b: Metro): number {
  if (a.latitude === b.latitude && a.longitude === b.longitude) return ENDS_MS / 2;
  return (ENDS_MS + (2 * distanceKm(a, b) * ROUTE_STRETCH) / KM_PER_MS) / 2;
}

function distanceKm(a: Metro, b: Metro): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const [latA, latB] = [radians(a.latitude), radians(b.latitude)];
  const half = Math.sin((latB - latA) / 2) ** 2;
  const across = Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return 2 * 6371 * Math.asin(Math.sqrt(half + Math.cos(latA) * Math.cos(latB) * across));
}
