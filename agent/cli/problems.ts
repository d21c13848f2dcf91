// Says everything that is wrong with a command, and where the help is.

/** @returns the exit code for a command that was asked for wrongly */
export function printProblems(problems: readonly string[]): number {
  for (const problem of problems) console.error(`ringcast: ${problem}`);
  console.error('ringcast: nothing was started; `ringcast agent --help` lists every option');
  return 2;
}
