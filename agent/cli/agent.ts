// `ringcast agent`: runs one agent until a signal stops it.
//
// SIGTERM and SIGINT drain: no new connections, answers under way are finished, the ring is told. A second signal
// stops at once.

import { RingcastError } from '../adapters/ringcast-error.ts';
import { environmentName, readConfig } from '../config/config.ts';
import { OPTIONS, type OptionName } from '../config/options.ts';
import { Daemon } from '../daemon.ts';
import { printProblems } from './problems.ts';

/** @returns the process's exit code, once the agent has stopped */
export async function agent(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    printHelp();
    return 0;
  }
  const result = readConfig(args, process.env);
  if (!result.ok) return printProblems(result.problems);
  const stopped = signalled();
  try {
    const daemon = await Daemon.start(result.config);
    await stopped;
    await daemon.stop();
    return 0;
  } catch (error) {
    if (!(error instanceof RingcastError)) throw error;
    console.error(`ringcast: ${error.message} (${error.code})`);
    return 1;
  }
}

/** Resolves at the first signal; the second one ends the process. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    let before = false;
    const onSignal = (): void => {
      if (before) process.exit(1);
      before = true;
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

function printHelp(): void {
  console.log(
    'ringcast agent: run an agent. Options, each also settable in the file of --config and by environment.\n',
  );
  console.log('  --config FILE\n      A JSON object of options. Default: $RINGCAST_CONFIG, or none.\n');
  for (const name of Object.keys(OPTIONS) as OptionName[]) {
    const { value, meaning, why, repeated } = OPTIONS[name];
    const times = repeated ? ', any number of times' : '';
    console.log(
      `  --${name} ${value}${times}   ($${environmentName(name)})\n      ${meaning}\n      ${why}\n`,
    );
  }
}
