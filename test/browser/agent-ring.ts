// A ring of three real agents as it is after it has run for a while: its links are open.

import type { OriginStub } from '../../origin-stub/origin-stub.ts';
import { RingFleet } from '../processes/ring-fleet.ts';

/** How long a cold ring takes to open its links is not these tests' subject: six names reach all of three homes nine
 *  times in ten. */
export async function startWarmRing(origin: OriginStub): Promise<RingFleet> {
  const fleet = await RingFleet.start(['eu/de/ber', 'eu/de/ber', 'eu/de/ber'], origin);
  await fleet.gathered(30_000);
  for (const { url } of fleet.agents) {
    for (let i = 0; i < 6; i += 1) await (await fetch(`${url}/synthetic/1000/links-${i}`)).arrayBuffer();
  }
  return fleet;
}
