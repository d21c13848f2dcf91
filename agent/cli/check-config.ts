// `ringcast check-config`: the configuration as an agent would use it, or everything that is wrong with it.

import { readConfig } from '../config/config.ts';
import { printProblems } from './problems.ts';

export function checkConfigCommand(args: readonly string[]): number {
  const result = readConfig(args, process.env);
  if (!result.ok) return printProblems(result.problems);
  console.log(JSON.stringify(result.config, null, 2));
  return 0;
}
