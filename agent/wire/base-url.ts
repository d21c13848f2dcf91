// The one shape of address that agents publish and players are given: scheme, host and port, nothing after them.
//
// In a file of its own, so that the player's bundle has this rule without the codec that uses it too.

/** http or https, a name or an address, a port or none; no path, query, fragment or credentials. */
export function isBaseUrl(value: string): boolean {
  return /^https?:\/\/(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]+)(?::\d{1,5})?$/.test(value);
}
