// What went wrong in words for the terminal: main.ts prints the sentence, without a stack, and ends with exit code 1.

export class DemoError extends Error {
  override readonly name: string = 'DemoError';
}
