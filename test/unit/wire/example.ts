// Claims and ids for tests: one of each, and fast-check arbitraries of every message.
import type { AgentId, Region } from '../../../agent/wire/ids.ts';
import { ringIdOf } from '../../../agent/wire/ids.ts';
import type { AgentClaim } from '../../../agent/wire/record.ts';

export const berlin: Region = 'eu/de/ber' as Region;

/** @returns an id that no key stands for */
export function someId(seed: number): AgentId {
  return seed.toString(16).padStart(64, '0') as AgentId;
}

export function claimOf(id: AgentId, over: Partial<AgentClaim> = {}): AgentClaim {
  return {
    id,
    incarnation: 1,
    sequence: 0,
    ring: ringIdOf(0, berlin, 'abcd1234'),
    region: berlin,
    link: '127.0.0.1:7000',
    publicUrl: 'http://127.0.0.1:8080',
    reachability: 'dialable',
    weight: 100,
    version: '0.1.0',
    ...over,
  };
}
