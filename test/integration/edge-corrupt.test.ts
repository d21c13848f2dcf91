// Two real agents and one that turns bits over: no viewer has a whole wrong body, nothing wrong is kept, and whoever was
// sent wrong bytes asks that agent no more.

import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CorruptAgent, startCorruptAgent } from './corrupt-agent.ts';
import { ask, CLI, type Origin, type RunningAgent, startAgent, startOrigin } from './edge-agent.ts';

const SEGMENTS = 24;
const SEGMENT = randomBytes(400_000);
const DIGEST = `sha-256=:${createHash('sha256').update(SEGMENT).digest('base64')}:`;
const HOUR = { 'cache-control': 'max-age=3600', etag: '"1"' };

let folder: string;
let origin: Origin;
let corrupt: CorruptAgent | undefined;
const agents: RunningAgent[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringcast-corrupt-'));
  const targets = Array.from({ length: SEGMENTS }, (_, number) => `/s${number}.ts`);
  origin = await startOrigin(
    Object.fromEntries(
      targets.map((target) => [target, (_request, response) => response.writeHead(200, HOUR).end(SEGMENT)]),
    ),
  );
  const names = ['one', 'two', 'broken'].map((name) => `${name}=eu`);
  await promisify(execFile)(process.execPath, [CLI, 'init', join(folder, 'cluster'), ...names]);
  for (const name of ['one', 'two']) {
    const flags = ['--link', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--region', 'eu', '--weight', '1'];
    flags.push('--identity', join(folder, 'cluster', name), '--log-level', 'info');
    const seed = agents[0]?.link;
    agents.push(await startAgent(origin.url, ...flags, ...(seed === undefined ? [] : ['--seed', seed])));
  }
  corrupt = await startCorruptAgent({
    identity: join(folder, 'cluster', 'broken'),
    seed: agents[0]?.link ?? '',
    origin: origin.url,
    // The one agent is told before the bytes, the other after them.
    first: () => corrupt?.served.length === 1,
  });
  for (const { admin } of agents) {
    while (!(await metrics(admin)).includes('ringcast_ring_members{state="alive"} 3')) await sleep(50);
  }
});

afterAll(async () => {
  await corrupt?.stop();
  await Promise.all(agents.map((agent) => agent.stop()));
  await origin?.close();
  await rm(folder, { recursive: true, force: true });
});

async function metrics(admin: string): Promise<string> {
  return (await ask(`http://${admin}/metrics`)).body.toString();
}

test('a corrupting agent is found out by its first object, and no wrong byte is kept or called whole', async () => {
  let cut = 0;
  for (let number = 0; number < SEGMENTS; number += 1) {
    for (const { url } of agents) {
      const answer = await ask(`${url}/s${number}.ts`);
      expect(answer.status).toBe(200);
      if (answer.cut) cut += 1;
      else expect(answer.body.equals(SEGMENT), `/s${number}.ts at ${url}`).toBe(true);
      // Again: what is kept, or got from elsewhere; and then certainly what is kept.
      const again = await ask(`${url}/s${number}.ts`);
      const kept = await ask(`${url}/s${number}.ts`);
      for (const each of [again, kept]) expect([each.cut, each.body.equals(SEGMENT)]).toEqual([false, true]);
      expect(kept.headers['repr-digest']).toBe(DIGEST);
      expect(kept.headers['access-control-expose-headers']).toContain('repr-digest');
    }
  }
  const askers = corrupt?.served.map(({ from }) => from) ?? [];
  expect(askers.length).toBeGreaterThan(0);
  // Once each: then it is shunned.
  expect(new Set(askers).size).toBe(askers.length);
  expect(cut).toBeLessThanOrEqual(askers.length);
  const counted = await Promise.all(
    agents.map(async ({ admin }) =>
      Number(/ringcast_corrupt_total\{what="block"\} (\d+)/.exec(await metrics(admin))?.[1]),
    ),
  );
  expect(counted.reduce((sum, count) => sum + count, 0)).toBe(askers.length);
});
