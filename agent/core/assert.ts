// Broken invariants crash: a state that cannot be is a bug here, never the world's doing.

/** @throws Error when `condition` does not hold; `message` says what was expected and what came */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}

/** For the default branch of a switch over a closed union: does not compile unless every case is handled. */
export function unreachable(value: never): never {
  throw new Error(`invariant broken: unexpected ${JSON.stringify(value)}`);
}
