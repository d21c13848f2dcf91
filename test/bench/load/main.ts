// The load generator, a process of its own: POST a plan, get what came of it.
//
// Prints one line of JSON, `{"load":"http://..."}`, when it listens.

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Expected } from './expected.ts';
import type { LoadResult, Plan } from './plan.ts';
import { Tally } from './tally.ts';
import { Viewer } from './viewer.ts';

const LOOK_EVERY_MS = 100;

const server = createServer(async (request, response) => {
  const result = await runPlan(JSON.parse(await textOf(request)) as Plan);
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(result));
});
server.requestTimeout = 0;
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ load: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
});
process.once('SIGTERM', () => process.exit(0));

async function runPlan(plan: Plan): Promise<LoadResult> {
  const tally = new Tally();
  const expected = new Expected();
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  await new Promise<void>((resolve) => {
    let open = plan.viewers.length;
    const done = (): void => {
      open -= 1;
      if (open > 0) return;
      clearInterval(looking);
      resolve();
    };
    const run = { plan, tally, expected, startedMs, done };
    const viewers = plan.viewers.map((viewer) => new Viewer(viewer, run));
    const looking = setInterval(() => {
      for (const viewer of viewers) viewer.look(performance.now());
    }, LOOK_EVERY_MS);
    for (const viewer of viewers) viewer.start();
  });
  const { user, system } = process.cpuUsage(cpuBefore);
  const { bytes, failed, wrong, resumed, ttfbMs, totalMs, problems } = tally;
  return {
    wallMs: performance.now() - startedMs,
    cpuS: (user + system) / 1e6,
    answers: totalMs.length,
    ...{ bytes, ttfbMs, totalMs, failed, wrong, resumed, problems },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}
