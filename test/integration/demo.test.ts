// `npm start` as its user meets it: real processes, from the first line to the last process gone.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Status } from '../demo/status.ts';
import { DemoProcess } from './demo-process.ts';

let directory: string;
let demo: DemoProcess | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringcast-test-'));
});

afterEach(async () => {
  await demo?.end();
  rmSync(directory, { recursive: true, force: true });
});

/** The demo makes its temporary directory in this one, so that what it leaves is seen. */
function start(...args: readonly string[]): DemoProcess {
  demo = new DemoProcess(args, { TMPDIR: directory });
  return demo;
}

async function statusAt(url: string): Promise<Status> {
  return (await (await fetch(`${url}/api/status`)).json()) as Status;
}

test('viewers get every byte right from agents, the origin is asked once per region, and nothing is left', async () => {
  const json = join(directory, 'figures.json');
  const run = start('--port', '0', '--duration', '12', '--viewers', '6', '--json', json);
  expect(await run.exited, run.errors).toBe(0);
  const report = JSON.parse(readFileSync(json, 'utf8'));
  expect(report.command).toContain('--duration 12');
  const figures = new Map(
    report.figures.map((figure: { name: string; value: number }) => [figure.name, figure.value]),
  );
  expect(figures.get('demo.failed_requests')).toBe(0);
  expect(figures.get('demo.wrong_bytes')).toBe(0);
  expect(figures.get('demo.agent_share')).toBeGreaterThanOrEqual(0.95);
  expect(figures.get('demo.origin_fetches_per_segment_region')).toBeLessThanOrEqual(1.05);
  expect(figures.get('demo.origin_fetches_per_segment_region')).toBeGreaterThanOrEqual(1);
  expect(figures.get('demo.ring_levels')).toBe(3);
  expect(figures.get('demo.start_s')).toBeGreaterThan(0);
  expect(run.output).toMatch(/agents 12\/12 {2}player requests \d+.* viewers 6/);
  expect(run.output).toMatch(/eu-ber +[\d.]+ .?B/);
  expect(run.left()).toEqual([]);
  expect(readdirSync(directory)).toEqual(['figures.json']);
});

test('a killed agent is shown dead and comes back at its address; SIGTERM ends it all', async () => {
  const run = start('--port', '0', '--viewers', '0');
  const url = await run.up();
  // What the page shows of rings is a second old, and a ring that has just split is still moving its members.
  await vi.waitFor(
    async () => {
      const { agents } = await statusAt(url);
      expect(agents.map(({ state }) => state)).toEqual(agents.map(() => 'running'));
      // Europe's eight are in two leaf rings: 4 and 4, or 5 and 3 where one came after the split.
      const members = agents.map(({ region, ringMembers = 0 }) =>
        region === 'eu' ? ringMembers >= 3 && ringMembers <= 5 : ringMembers === 2,
      );
      expect(members).toEqual(agents.map(() => true));
    },
    { timeout: 30_000, interval: 250 },
  );
  const before = await statusAt(url);
  const press = (action: string, headers = {}) =>
    fetch(`${url}/api/agents/4/${action}`, { method: 'POST', headers });
  expect((await press('kill', { origin: 'http://elsewhere.test' })).status).toBe(403);
  expect((await press('kill')).status).toBe(200);
  expect((await statusAt(url)).agents[4]).toMatchObject({ state: 'dead', url: before.agents[4]?.url });
  expect((await press('start')).status).toBe(200);
  expect((await statusAt(url)).agents[4]).toMatchObject({ state: 'running', url: before.agents[4]?.url });
  expect((await fetch(`${url}/api/agents/12/kill`, { method: 'POST' })).status).toBe(404);
  expect((await fetch(`${url}/../../package.json`)).status).toBe(404);
  run.child.kill('SIGTERM');
  expect(await run.exited).toBe(0);
  expect(run.left()).toEqual([]);
  expect(readdirSync(directory)).toEqual([]);
});

test('kill -9 of the demo ends every process that it started', async () => {
  const run = start('--port', '0', '--viewers', '0');
  await run.up();
  expect(run.left().length).toBeGreaterThanOrEqual(14);
  run.child.kill('SIGKILL');
  await run.allGone();
});

test('SIGINT while the agents start stops what there is', async () => {
  const run = start('--port', '0', '--viewers', '0');
  while (run.left().length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
  run.child.kill('SIGINT');
  expect(await run.exited, run.errors).toBe(0);
  expect(run.errors).toBe('');
  expect(run.left()).toEqual([]);
  expect(readdirSync(directory)).toEqual([]);
});

test('a taken port gets one sentence and nothing is started', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const run = start('--port', String(port));
  expect(await run.exited).toBe(1);
  expect(run.errors).toBe(
    `ringcast demo: port ${port} is taken by another program: stop that one, or choose another port with \`npm start -- --port N\`\n`,
  );
  expect(readdirSync(directory)).toEqual([]);
  server.close();
});

test('a wrong flag gets one sentence and exit code 2', async () => {
  const run = start('--prot', '8080');
  expect(await run.exited).toBe(2);
  expect(run.errors).toBe('ringcast demo: unknown flag --prot, see --help\n');
});
