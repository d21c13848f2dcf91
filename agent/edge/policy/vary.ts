// Which request a stored response may answer beyond its name: the secondary key of RFC 9111, 4.1.
//
// A response with Vary is stored under its name and a suffix made of the request's values for the fields that Vary
// names. Values are brought to one form first, only in ways that keep their meaning: lines are joined, white space
// beside commas goes, and for the Accept fields letter case and the order of members go too.
//
//     Vary: Accept-Language, X-Quality        Accept-Language: De,  en        X-Quality absent
//     fields  [accept-language, "de,en"], [x-quality, absent]
//     suffix  "\naccept-language=de,en\nx-quality"
//
// A field that is absent differs from one that is empty. No value can hold a line feed, so suffixes cannot collide.

import type { HeaderField } from '../../wire/message.ts';
import { all, type Headers, listed, splitList } from './fields.ts';

/** Fields in which only the set of members and their weights count. */
const UNORDERED: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
]);

/** Stands for a field that the request did not have; no received value holds this character. */
const ABSENT = '\0';
/** A response that varies by more fields than this is treated like `Vary: *`. */
const VARY_FIELDS_MAX = 16;

/**
 * What the response at hand varies by, with this request's values.
 * @param fixed fields that the agent sets itself towards the origin, and that viewers therefore cannot vary
 * @returns the selecting fields in one form and order, or undefined where no other request can match (`Vary: *`)
 */
export function varying(
  response: Headers,
  request: Headers,
  fixed: ReadonlySet<string> = NONE,
): readonly HeaderField[] | undefined {
  const names = new Set<string>();
  for (const name of listed(response, 'vary')) {
    if (name === '*') return undefined;
    if (!fixed.has(name.toLowerCase())) names.add(name.toLowerCase());
  }
  if (names.size > VARY_FIELDS_MAX) return undefined;
  return [...names].sort().map((name) => [name, selectingValue(request, name)]);
}

/** @returns whether a response stored with these selecting fields answers the request */
export function matches(vary: readonly HeaderField[], request: Headers): boolean {
  for (const [name, value] of vary) if (selectingValue(request, name) !== value) return false;
  return true;
}

/** @returns what is appended to a name to make the store's key; empty for a response that does not vary */
export function keySuffix(vary: readonly HeaderField[]): string {
  let suffix = '';
  for (const [name, value] of vary) suffix += value === ABSENT ? `\n${name}` : `\n${name}=${value}`;
  return suffix;
}

/** @returns the suffix that a request has where responses of its name vary by these fields */
export function suffixFor(vary: readonly HeaderField[], request: Headers): string {
  return vary.length === 0 ? '' : keySuffix(vary.map(([name]) => [name, selectingValue(request, name)]));
}

const NONE: ReadonlySet<string> = new Set();

function selectingValue(request: Headers, name: string): string {
  const lines = all(request, name);
  if (lines.length === 0) return ABSENT;
  const members = splitList(lines.join(','));
  if (!UNORDERED.has(name)) return members.join(',');
  return members
    .map((member) => member.toLowerCase().replace(/[ \t]+/g, ''))
    .sort()
    .join(',');
}
