// Comparing entity tags (RFC 9110, 8.8.3).
//
// A tag is compared as the text it came as: origins that forget the quotes exist, and their tags come back from
// viewers without quotes too. Only the weakness mark is read.

import { get, type Headers, splitList } from './fields.ts';

/** Same opaque tag, either may be weak. */
export function weakMatch(a: string, b: string): boolean {
  return opaque(a) === opaque(b);
}

/** Same opaque tag and neither is weak: the same bytes. */
export function strongMatch(a: string, b: string): boolean {
  return a === b && !isWeak(a);
}

/** @returns the entity tag where it stands for exactly these bytes, else '' */
export function strongTagOf(headers: Headers): string {
  const tag = get(headers, 'etag') ?? '';
  return tag.startsWith('"') ? tag : '';
}

export function isWeak(tag: string): boolean {
  return tag.startsWith('W/');
}

/**
 * @param list a field value: `*`, or entity tags with commas between
 * @param tag of the selected representation, undefined where it has none
 */
export function listMatches(
  list: string,
  tag: string | undefined,
  match: (a: string, b: string) => boolean,
): boolean {
  const members = splitList(list);
  if (members.length === 1 && members[0] === '*') return true;
  return tag !== undefined && members.some((member) => match(member, tag));
}

function opaque(tag: string): string {
  return isWeak(tag) ? tag.slice(2) : tag;
}
