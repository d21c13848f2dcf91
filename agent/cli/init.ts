// `ringcast init DIRECTORY NAME[=REGION]...`: makes a cluster's CA, and a key and certificate for each agent.
//
// Called again on the same directory it keeps the CA and issues certificates for the agents named: new ones, or
// renewed ones for folders that are there. A running agent takes a renewed certificate up by itself.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type AgentSeat, initCluster, issueAgents } from '../adapters/identity/cluster.ts';
import { CA_FILE } from '../adapters/identity/identity.ts';
import { RingcastError } from '../adapters/ringcast-error.ts';
import { parseRegion } from '../wire/ids.ts';

/** Long enough that nobody is woken by an expired certificate before a monthly renewal has failed twice. */
const DAYS_DEFAULT = 90;

export async function init(args: readonly string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return refuse((error as Error).message);
  }
  const [directory, ...names] = parsed.positionals;
  const days = Number(parsed.values.days ?? DAYS_DEFAULT);
  if (directory === undefined || names.length === 0) return refuse('name a directory and at least one agent');
  if (!(days > 0 && days <= 3650)) return refuse(`--days takes 1 to 3650, got ${parsed.values.days}`);
  const agents: AgentSeat[] = [];
  for (const each of names) {
    const [name = '', label = 'local'] = each.split('=', 2);
    const region = parseRegion(label);
    if (region === undefined)
      return refuse(`region ${JSON.stringify(label)}: expected labels like eu/de/ber`);
    agents.push({ name, region });
  }
  try {
    const known = existsSync(join(directory, CA_FILE));
    const operator = parsed.values.operator ?? 'ringcast';
    const issued = known
      ? await issueAgents({ directory, agents, days })
      : await initCluster({ directory, agents, days, operator });
    for (const agent of issued) console.log(`${agent.name}  ${agent.id}  ${agent.directory}`);
    console.log(
      `Keep ${join(directory, 'ca-key.pem')} offline. Give each agent its folder: --identity ${join(directory, names[0]?.split('=')[0] ?? '')}`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof RingcastError)) throw error;
    console.error(`ringcast: ${error.message} (${error.code})`);
    return 1;
  }
}

function parse(args: readonly string[]): {
  values: { days?: string | undefined; operator?: string | undefined };
  positionals: string[];
} {
  return parseArgs({
    args: [...args],
    options: { days: { type: 'string' }, operator: { type: 'string' } },
    allowPositionals: true,
  });
}

function refuse(problem: string): number {
  console.error(`ringcast init: ${problem}`);
  console.error('usage: ringcast init DIRECTORY NAME[=REGION]... [--days N] [--operator NAME]');
  return 2;
}
