// ringcast/player/beacon: tells the nearest agent how the viewer fares. Off unless called; importing it does nothing.

import type { RingcastStats } from '../tally.ts';
import { browserWorld, type Cancel } from '../world.ts';
import { type BeaconOptions, startBeaconIn } from './beacon.ts';

export type { BeaconOptions, WatchedPlayer } from './beacon.ts';

/** @returns ends it, with one last beacon */
export function startBeacon(ring: { readonly stats: RingcastStats }, options: BeaconOptions = {}): Cancel {
  const onHide = (run: () => void): Cancel => {
    // The last event that a page on a phone gets; it may come back.
    const hidden = (): void => {
      if (document.visibilityState === 'hidden') run();
    };
    document.addEventListener('visibilitychange', hidden);
    return () => document.removeEventListener('visibilitychange', hidden);
  };
  return startBeaconIn({ ...browserWorld(), onHide }, ring, options);
}
