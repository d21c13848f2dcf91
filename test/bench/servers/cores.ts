// Which core a process runs on, and how much of it the process used.
//
// Everything under test shares one core, the load generator and the origin share the other: a server is then measured
// at the same limit as its rivals, and the generator cannot take time from it. With one core only there is nothing to
// pin, and the figures say less; the caller is told.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface Cores {
  readonly server: number;
  readonly client: number;
}

/** @returns undefined where this process may use one core only */
export function twoCores(): Cores | undefined {
  const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  const [server, client] = listOf(allowed);
  return server === undefined || client === undefined ? undefined : { server, client };
}

/** Puts all threads of a process on one core. */
export function pin(pid: number, core: number): void {
  execFileSync('taskset', ['-acp', String(core), String(pid)], { stdio: 'pipe' });
}

/** CPU seconds of processes and all that they started, in steps of 10 ms; 0 for one that is gone. */
export function cpuSecondsOf(pids: readonly number[]): number {
  const stats = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const family = new Set(pids);
  const ticks = new Map<number, { parent: number; ticks: number }>();
  for (const name of stats) {
    const stat = statOf(Number(name));
    if (stat !== undefined) ticks.set(Number(name), stat);
  }
  // A child may have a smaller number than its parent: go on until nobody is added.
  for (let before = -1; before !== family.size; ) {
    before = family.size;
    for (const [pid, { parent }] of ticks) if (family.has(parent)) family.add(pid);
  }
  return [...family].reduce((sum, pid) => sum + (ticks.get(pid)?.ticks ?? 0), 0) / TICKS_PER_S;
}

/** sysconf(_SC_CLK_TCK), which is 100 on every Linux that Node supports. */
const TICKS_PER_S = 100;

function statOf(pid: number): { parent: number; ticks: number } | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param text of /proc/PID/stat; the name in parentheses may itself hold spaces and parentheses */
export function parseStat(text: string): { parent: number; ticks: number } {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}

/** `0-2,5` -> [0, 1, 2, 5] */
export function listOf(text: string): number[] {
  return text.split(',').flatMap((part) => {
    if (part === '') return [];
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
