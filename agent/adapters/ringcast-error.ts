// A failure of the world: what an adapter throws at its edge, and nothing else does.
//
// Expected outcomes are values and broken invariants crash; this is for the rest, such as a port already in use.

export class RingcastError extends Error {
  /** Stable, for programs and for the operator's search: `address-in-use`. */
  readonly code: string;

  /** @param message what was expected, what came, and what to do */
  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'RingcastError';
    this.code = code;
  }
}
