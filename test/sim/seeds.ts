// Schedules that once broke something, each with a line on what it found. They run before the random ones.

import type { Schedule } from './schedule.ts';

export const SEEDS: readonly (Schedule & { readonly found: string })[] = [];
