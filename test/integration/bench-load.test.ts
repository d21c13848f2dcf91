// The load generator decides whether anybody got wrong bytes, so what it says is checked against an origin whose
// faults are known.

import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OriginStub, startOriginStub } from '../../origin-stub/origin-stub.ts';
import type { LoadResult, Plan } from '../bench/load/plan.ts';
import { LoadProcess } from '../bench/servers/load.ts';

let origin: OriginStub;
let load: LoadProcess;

beforeAll(async () => {
  origin = await startOriginStub();
  load = await LoadProcess.start(undefined);
});
afterAll(async () => {
  await load.close();
  await origin.close();
});

const BYTES = 300_000;

function run(
  ports: readonly number[],
  plan: Partial<Plan> = {},
  paths = ['a', 'b', 'c'],
): Promise<LoadResult> {
  const asks = paths.map((name) => ({ atMs: 0, path: `/synthetic/${BYTES}/${name}.m4s` }));
  return load.run({ viewers: [{ ports, asks }], askMsMax: 5_000, compareEvery: 1, ...plan });
}

test('right answers are counted with their bytes and times', async () => {
  origin.setFaults([]);
  const result = await run([origin.port]);
  expect(result).toMatchObject({
    answers: 3,
    bytes: 3 * BYTES,
    failed: 0,
    wrong: 0,
    resumed: 0,
    problems: [],
  });
  expect(result.totalMs).toHaveLength(3);
  expect(Math.min(...result.ttfbMs)).toBeGreaterThan(0);
});

test('a delay of the origin is in the time to the first byte, its pace in the total', async () => {
  origin.setFaults([{ match: '/', latencyMs: 100, bandwidthBytesPerS: BYTES * 5 }]);
  const result = await run([origin.port], {}, ['slow']);
  expect(result.ttfbMs[0]).toBeGreaterThan(95);
  expect((result.totalMs[0] ?? 0) - (result.ttfbMs[0] ?? 0)).toBeGreaterThan(100);
});

test('a body that breaks off is a failure, or is had from the next server from there on', async () => {
  origin.setFaults([{ match: '/', truncateAfterBytes: 100_000, every: 2 }]);
  expect(await run([origin.port])).toMatchObject({ answers: 2, failed: 1, wrong: 0 });
  origin.setFaults([{ match: '/', truncateAfterBytes: 100_000, limit: 1 }]);
  const resumed = await run([origin.port, origin.port]);
  expect(resumed).toMatchObject({ answers: 3, failed: 0, wrong: 0, resumed: 1, bytes: 3 * BYTES });
});

test('a refusal and a server that is not there are failures', async () => {
  origin.setFaults([{ match: '/', status: 503, limit: 1 }]);
  const refused = await run([origin.port]);
  expect(refused).toMatchObject({ answers: 2, failed: 1 });
  expect(refused.problems[0]).toContain('status 503');
  expect(await run([1])).toMatchObject({ answers: 0, failed: 3 });
});

test('an answer that does not come is a failure after its time', async () => {
  origin.setFaults([{ match: '/', stallAfterBytes: 10, limit: 1 }]);
  expect(await run([origin.port], { askMsMax: 300 })).toMatchObject({ answers: 2, failed: 1 });
});

test('a single wrong byte is found, and one that is not looked at is not', async () => {
  const liar = await wrongByteServer();
  const { port } = liar.address() as AddressInfo;
  expect(await run([port])).toMatchObject({ answers: 0, failed: 3, wrong: 3 });
  expect(await run([port], { compareEvery: 3 })).toMatchObject({ wrong: 1 });
  liar.close();
});

test('the last byte alone is asked for and compared', async () => {
  origin.setFaults([]);
  const asks = [{ atMs: 0, path: `/synthetic/${BYTES}/a.m4s`, lastByte: true as const }];
  const plan = { viewers: [{ ports: [origin.port], asks }], askMsMax: 5_000, compareEvery: 1 };
  expect(await load.run(plan)).toMatchObject({ answers: 1, bytes: 1, wrong: 0, failed: 0 });
});

/** Gives zeros for everything. */
async function wrongByteServer(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BYTES}\r\n\r\n`);
      socket.write(Buffer.alloc(BYTES));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
