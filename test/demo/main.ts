// `npm start`: runs the demo until Ctrl-C, SIGTERM, or the end of --duration. The only file here that ends the process.
//
// Exit codes: 0 stopped as asked or the measurement ran, 1 something failed or a measurement was cut short,
// 2 asked for wrongly.

import { setTimeout as sleep } from 'node:timers/promises';
import { figureReport, writeFigures } from '../figures.ts';
import { PlainError } from '../processes/plain-error.ts';
import { type DemoOptions, readCommandLine, USAGE } from './command-line.ts';
import { Demo } from './demo.ts';
import { type RunReport, resultsOf, tableOf } from './results.ts';
import { StatusLine } from './status-line.ts';

const args = process.argv.slice(2);
const command = readCommandLine(args);
switch (command.is) {
  case 'help':
    console.log(USAGE);
    break;
  case 'wrong':
    console.error(`ringcast demo: ${command.reason}`);
    process.exitCode = 2;
    break;
  case 'run':
    process.exit(await run(command.options));
}

async function run(options: DemoOptions): Promise<number> {
  const line = new StatusLine(process.stdout);
  const stopped = new AbortController();
  const demo = new Demo({
    port: options.port,
    viewers: options.viewers,
    onStatus: (status) => line.show(status),
    onNote: (sentence) => line.say(`ringcast demo: ${sentence}`),
  });
  const onSignal = (): void => {
    if (stopped.signal.aborted) return;
    stopped.abort();
    line.say('stopping');
    void demo.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  try {
    return await show(options, demo, line, stopped.signal);
  } catch (error) {
    if (stopped.signal.aborted) return options.durationS === undefined ? 0 : 1;
    if (!(error instanceof PlainError)) throw error;
    line.clear();
    console.error(`ringcast demo: ${error.message}`);
    return 1;
  } finally {
    await demo.stop();
  }
}

/** @returns the exit code, once the demo has had its time or was told to stop */
async function show(options: DemoOptions, demo: Demo, line: StatusLine, stop: AbortSignal): Promise<number> {
  const { durationS, viewers, json } = options;
  line.say('starting the origin and 12 agents in three regions');
  const url = await demo.start();
  line.say(`\n  Ringcast plays at ${url}   (Ctrl-C stops everything)\n`);
  if (durationS === undefined) {
    await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
    return 0;
  }
  await sleep(durationS * 1000, undefined, { signal: stop });
  if (viewers === 0) return 0;
  line.clear();
  report(await demo.measure(), json);
  return 0;
}

/** Says what the viewers found, and writes it. */
function report(run: RunReport, json: string | undefined): void {
  const { figures, absent } = resultsOf(run);
  console.log(`\n${tableOf(run).join('\n')}\n`);
  for (const { name, value, goal } of figures) {
    console.log(`  ${name.padEnd(42)} ${Number(value.toFixed(4)).toString().padStart(8)}  ${goal ?? ''}`);
  }
  for (const reason of absent) console.error(`not measured: ${reason}`);
  for (const failure of run.audience.failures) console.error(`a request failed: ${failure}`);
  for (const path of run.audience.wrongObjects) console.error(`wrong bytes: ${path}`);
  if (json !== undefined) {
    writeFigures(json, figureReport(['npm start --', ...args].join(' '), figures));
  }
}
