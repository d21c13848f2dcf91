// Lists of header fields: finding, joining, splitting, and leaving out what belongs to one hop.
//
// A header is a list of [name, value] in the order of receipt, repeats kept, names in lower case; nothing here
// changes a list that it was given. What a field means is said in the file that uses it.

import type { HeaderField } from '../../wire/message.ts';

export type Headers = readonly HeaderField[];

/**
 * Fields of one connection, never stored or forwarded (RFC 9110, 7.6.1; RFC 9111, 3.1); Connection names more.
 * Content-Length is not among them: it belongs to the message, and framing is the adapter's.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** @returns the first value of the field, or undefined */
export function get(headers: Headers, name: string): string | undefined {
  for (const field of headers) if (field[0] === name) return field[1];
  return undefined;
}

/** @returns every value of the field, in order */
export function all(headers: Headers, name: string): string[] {
  const values: string[] = [];
  for (const field of headers) if (field[0] === name) values.push(field[1]);
  return values;
}

/** @returns the field lines joined with commas (RFC 9110, 5.3), or undefined where there is none */
export function combined(headers: Headers, name: string): string | undefined {
  const values = all(headers, name);
  return values.length === 0 ? undefined : values.join(', ');
}

export function has(headers: Headers, name: string): boolean {
  return get(headers, name) !== undefined;
}

/** @returns the fields but those named */
export function without(headers: Headers, names: ReadonlySet<string>): HeaderField[] {
  return headers.filter((field) => !names.has(field[0]));
}

/** @returns the fields that go end to end: without those of the hop and those that Connection names */
export function endToEnd(headers: Headers): HeaderField[] {
  const named = listed(headers, 'connection');
  if (named.length === 0) return without(headers, HOP_BY_HOP);
  const dropped = new Set(named.map((name) => name.toLowerCase()));
  return headers.filter((field) => !HOP_BY_HOP.has(field[0]) && !dropped.has(field[0]));
}

/** @returns members of a list-valued field over all its lines, empty ones left out */
export function listed(headers: Headers, name: string): string[] {
  const value = combined(headers, name);
  return value === undefined ? [] : splitList(value);
}

/**
 * Splits at commas outside quoted strings: `a, b="c,d"` is two members. A quote that never closes is an ordinary
 * character, so that it cannot hide the directives behind it.
 * @returns members without the white space around them, empty ones left out
 */
export function splitList(value: string): string[] {
  const members: string[] = [];
  let start = 0;
  let unclosed = false;
  for (let at = 0; at <= value.length; at += 1) {
    const char = at === value.length ? ',' : value[at];
    if (char === '"' && !unclosed) {
      const end = closingQuote(value, at);
      if (end < 0) unclosed = true;
      else at = end;
    } else if (char === ',') {
      const member = trim(value.slice(start, at));
      if (member !== '') members.push(member);
      start = at + 1;
    }
  }
  return members;
}

/** @returns where the string that opens at `from` closes, or -1 */
export function closingQuote(value: string, from: number): number {
  for (let at = from + 1; at < value.length; at += 1) {
    if (value[at] === '\\') at += 1;
    else if (value[at] === '"') return at;
  }
  return -1;
}

/** @returns the text within double quotes, escapes undone; the text itself where it is not quoted */
export function unquoted(value: string): string {
  if (value.length < 2 || value[0] !== '"' || !value.endsWith('"')) return value;
  return value.slice(1, -1).replace(/\\(.)/g, '$1');
}

/** Without spaces and tabs at both ends: HTTP's optional white space, narrower than String.trim. */
export function trim(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isSpace(text[from])) from += 1;
  while (to > from && isSpace(text[to - 1])) to -= 1;
  return text.slice(from, to);
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\t';
}
