// The two small requests of discovery: an agent's roster, and a round trip to an agent.
//
// A round trip is a HEAD whatever it answers: an error status travels as far as a good one. The first request to an
// agent also pays for name, connection and TLS, so the second is the one that counts, and the shorter of the two.

import { ROSTER_BYTES_MAX } from '../agent/wire/limits.ts';
import { parseRoster, ROSTER_PATH, type Roster } from '../agent/wire/roster.ts';
import type { World } from './world.ts';

/** A roster or round trip later than this is worth nothing. */
export const ASK_TIMEOUT_MS: number = 3_000;

const QUIET: RequestInit = {
  mode: 'cors',
  credentials: 'omit',
  redirect: 'error',
  referrerPolicy: 'no-referrer',
  cache: 'no-store',
};

/** @returns the roster, or one line on why there is none */
export async function fetchRoster(
  world: World,
  agentUrl: string,
): Promise<{ roster: Roster } | { refused: string }> {
  const asked = await within(world, (signal) => readRoster(world, agentUrl, signal));
  return asked ?? { refused: 'no answer' };
}

/** @returns ms, or undefined where nothing came back */
export async function roundTrip(world: World, agentUrl: string): Promise<number | undefined> {
  const once = (): Promise<number | undefined> =>
    within(world, async (signal) => {
      const startMs = world.now();
      await world.fetch(agentUrl + ROSTER_PATH, { ...QUIET, method: 'HEAD', signal });
      return world.now() - startMs;
    });
  const first = await once();
  if (first === undefined) return undefined;
  return Math.min(first, (await once()) ?? first);
}

async function readRoster(
  world: World,
  agentUrl: string,
  signal: AbortSignal,
): Promise<{ roster: Roster } | { refused: string }> {
  const response = await world.fetch(agentUrl + ROSTER_PATH, { ...QUIET, signal });
  if (!response.ok) return { refused: `status ${response.status}` };
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let text = '';
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    text += decoder.decode(next.value, { stream: true });
    if (text.length > ROSTER_BYTES_MAX) {
      await reader?.cancel();
      return { refused: `more than ${ROSTER_BYTES_MAX} bytes` };
    }
  }
  const parsed = parseRoster(text + decoder.decode());
  return parsed.ok ? { roster: parsed.value } : { refused: `not a roster: ${parsed.reason}` };
}

/** @returns what `ask` did, or undefined where it failed or ran out of time: the network's failures are one */
async function within<T>(world: World, ask: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const controller = new AbortController();
  const cancel = world.after(ASK_TIMEOUT_MS, () => controller.abort());
  try {
    return await ask(controller.signal);
  } catch {
    return undefined;
  } finally {
    cancel();
  }
}
