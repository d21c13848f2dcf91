// What went wrong, in words for the terminal: printed as one sentence, without a stack.

export class PlainError extends Error {
  override readonly name: string = 'PlainError';
}
