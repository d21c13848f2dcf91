// What the simulator's commands share: reading numbers from the command line, and ending with a sentence where the
// call was wrong (exit status 2) instead of a stack.

/** @throws RangeError where the text is no whole number of at least `min` */
export function whole(name: string, text: string, min: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min) {
    throw new RangeError(`--${name}: expected a whole number >= ${min}, got "${text}"`);
  }
  return value;
}

/** @throws RangeError where the text is no number in [0, 1) */
export function share(name: string, text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value < 1))
    throw new RangeError(`--${name}: expected a number in [0, 1), got "${text}"`);
  return value;
}

/** Runs a command and sets the process's exit code to what it returns. */
export function runCommand(main: (args: readonly string[]) => number, usage: string): void {
  try {
    process.exitCode = main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof RangeError || (error instanceof TypeError && 'code' in error))) throw error;
    console.error(`sim: ${error.message}\n${usage}`);
    process.exitCode = 2;
  }
}
