// Processes that do not do what the demo hoped for.

import { expect, test } from 'vitest';
import { type ChildOptions, startChild } from '../processes/child.ts';

function node(script: string, readyMsMax = 10_000): ChildOptions<number> {
  return {
    name: 'the child',
    args: ['-e', script],
    ready: (line) => (line as { port?: number }).port,
    readyMsMax,
  };
}

test('a child that is ready says so in a line of JSON, and stops when told to', async () => {
  const child = await startChild(
    node(
      'console.log("warming up"); console.error(JSON.stringify({ port: 7 })); setInterval(() => {}, 1000)',
    ),
    () => undefined,
  );
  expect(child.said).toBe(7);
  await child.stop(5_000);
  expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' });
});

test('a child that ends at start is told with its exit code and last lines', async () => {
  const starting = startChild(
    node('console.error("no such media"); console.error("giving up"); process.exit(3)'),
    () => undefined,
  );
  await expect(starting).rejects.toThrow(
    'the child ended with exit code 3 at start; its last lines:\n  no such media\n  giving up',
  );
});

test('a child that never gets ready is ended and told with what it said', async () => {
  let killed = 0;
  const starting = startChild(node('console.log("{ not json"); setInterval(() => {}, 1000)', 1_500), () => {
    killed += 1;
  });
  await expect(starting).rejects.toThrow(
    'the child did not get ready within 1.5 s; its last lines:\n  { not json',
  );
  expect(killed).toBe(1);
});

test('a child that ignores SIGTERM is ended after its grace', async () => {
  const child = await startChild(
    node(
      'process.on("SIGTERM", () => {}); console.log(JSON.stringify({ port: 1 })); setInterval(() => {}, 1000)',
    ),
    () => undefined,
  );
  await child.stop(200);
  expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
});
