// Rosters for tests: agents by name, one ring per region.
import { type AgentId, parseAgentId, parseRegion, type Region, ringIdOf } from '../../../agent/wire/ids.ts';
import type { Roster, RosterAgent } from '../../../agent/wire/roster.ts';
import type { FakeWorld, Handler } from './fake-world.ts';

export const ORIGIN = 'http://origin.test/media';

export function agentRecord(
  name: string,
  of: { region?: string; load?: number; weight?: number } = {},
): RosterAgent {
  const region = parseRegion(of.region ?? 'eu/ber') as Region;
  const id = parseAgentId(Buffer.from(name.padEnd(32)).toString('hex')) as AgentId;
  const ring = ringIdOf(
    0,
    region,
    region
      .replace(/[^a-z]/g, '')
      .padEnd(8, 'x')
      .slice(0, 8),
  );
  return { id, region, ring, url: agentUrl(name), load: of.load ?? 0, weight: of.weight ?? 1 };
}

export function agentUrl(name: string): string {
  return `http://${name}.test:8080`;
}

export function rosterOf(
  agent: RosterAgent,
  near: readonly RosterAgent[],
  more: { elsewhere?: readonly RosterAgent[]; origins?: Roster['origins']; ttlMs?: number } = {},
): Roster {
  return {
    version: 1,
    agent,
    near,
    elsewhere: more.elsewhere ?? [],
    origins: more.origins ?? [{ id: 'main', base: ORIGIN }],
    ignoredQuery: ['CMCD', 'token'],
    ttlMs: more.ttlMs ?? 60_000,
  };
}

/** Agents of one ring that answer rosters and round trips after `rttMs`, and segments by `segment`. */
export function serveRing(
  world: FakeWorld,
  names: readonly string[],
  of: { rttMs?: (name: string) => number; segment?: Handler; ttlMs?: number; origin?: string } = {},
): void {
  const records = names.map((name) => agentRecord(name));
  for (const record of records) {
    const name = new URL(record.url).hostname.replace('.test', '');
    world.serve(`${record.url}/.well-known/ringcast`, async ({ method }) => {
      await world.pause(of.rttMs?.(name) ?? 10);
      if (method === 'HEAD') return new Response(null);
      const ttl = of.ttlMs === undefined ? {} : { ttlMs: of.ttlMs };
      const origins = of.origin === undefined ? {} : { origins: [{ id: 'other', base: of.origin }] };
      return Response.json(rosterOf(record, records, { ...ttl, ...origins }));
    });
    if (of.segment) world.serve(record.url, of.segment);
  }
}
