// Which protocol two agents speak: each side names the range that it understands, the highest common one is spoken.
//
// A minor addition is a new message type, which an older agent refuses by closing the link; so additions come with
// a new version and are sent only to those who announced it.

/** Oldest protocol version that this software speaks. */
export const VERSION_MIN: number = 1;
/** Newest protocol version that this software speaks. */
export const VERSION_MAX: number = 1;
/** ALPN protocol name of agent links. */
export const ALPN: string = 'ringcast/1';

/** @returns the highest version that both ranges hold, or undefined where they do not meet */
export function commonVersion(theirs: { readonly min: number; readonly max: number }): number | undefined {
  const highest = Math.min(VERSION_MAX, theirs.max);
  return highest >= Math.max(VERSION_MIN, theirs.min) ? highest : undefined;
}
