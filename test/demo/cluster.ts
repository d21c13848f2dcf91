// The demo's cluster identity: `ringcast init` as an operator would run it, into a directory of the demo's own.

import { execFile } from 'node:child_process';
import { PlainError } from '../processes/plain-error.ts';
import { CLI } from './fleet.ts';
import { SEATS } from './seats.ts';

const INIT_MS_MAX = 15_000;

/** @throws PlainError where the command fails */
export function makeCluster(directory: string, stop: AbortSignal): Promise<void> {
  const args = [CLI, 'init', directory, ...SEATS.map(({ name, place }) => `${name}=${place}`)];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { timeout: INIT_MS_MAX, signal: stop }, (error, _, stderr) => {
      if (error === null) resolve();
      else
        reject(new PlainError(`making the cluster's certificates failed: ${stderr.trim() || error.message}`));
    });
  });
}
