// The number that makes a restarted agent newer than its former self.
//
// It is kept in a file, replaced by write, sync and rename, so that a crash leaves the old number or the new one.
// It is also never below the clock in seconds: an agent whose file was lost, or which raised its incarnation at run
// time to refute suspicions, still comes back newer. A clock that jumps back costs nothing, the file rules then.

import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { COUNTER_MAX } from '../../wire/limits.ts';
import { RingcastError } from '../ringcast-error.ts';

/** @returns a number greater than any that this directory gave before
 *  @throws RingcastError `incarnation-unreadable` or `incarnation-unwritable` */
export function nextIncarnation(directory: string, nowMs: number = Date.now()): number {
  const file = join(directory, 'incarnation');
  const next = Math.max(last(file) + 1, Math.floor(nowMs / 1000));
  try {
    mkdirSync(directory, { recursive: true });
    replace(file, `${next}\n`);
  } catch (cause) {
    throw new RingcastError(
      'incarnation-unwritable',
      `cannot write ${file}: an agent must remember its incarnation; make the directory writable`,
      { cause },
    );
  }
  return next;
}

function last(file: string): number {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw new RingcastError('incarnation-unreadable', `cannot read ${file}: make it readable`, { cause });
  }
  if (/^\d{1,15}$/.test(text) && Number(text) < COUNTER_MAX) return Number(text);
  throw new RingcastError(
    'incarnation-unreadable',
    `${file} holds ${JSON.stringify(text.slice(0, 40))}, expected a whole number: delete it, and the clock gives the next one`,
  );
}

function replace(file: string, text: string): void {
  const written = `${file}.new`;
  const handle = openSync(written, 'w', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(written, file);
}
