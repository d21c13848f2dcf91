// Cache directives addressed to this kind of cache: CDN-Cache-Control (RFC 9213).
//
// The field is a Structured Fields dictionary (RFC 9651), and unlike Cache-Control it is all or nothing: one error
// anywhere, or a directive whose value has the wrong type, and the field counts as absent. When it is present and
// valid, Cache-Control and Expires are not looked at for storing and freshness, whatever they say.
// Values are read only as far as the directives need; parameters and inner lists are checked and skipped.

import { type Directives, type Mutable, NO_DIRECTIVES, SECONDS_MAX } from './cache-control.ts';
import { combined, type Headers } from './fields.ts';

/** @returns what the field says, or undefined where it is absent, empty or invalid */
export function targetedControl(headers: Headers, fieldName: string): Directives | undefined {
  const value = combined(headers, fieldName);
  const members = value === undefined ? undefined : parseDictionary(value);
  if (members === undefined || members.size === 0) return undefined;
  const to: Mutable = { ...NO_DIRECTIVES };
  for (const [name, bare] of members) if (!apply(to, name, bare)) return undefined;
  return to;
}

const KEY = /[a-z*][a-z0-9_.*-]*/y;
const BARE =
  /-?\d{1,12}\.\d{1,3}(?!\d)|-?\d{1,15}(?![\d.])|"(?:[ !#-[\]-~]|\\["\\])*"|\?[01]|:[A-Za-z0-9+/=]*:|@-?\d{1,15}|[A-Za-z*][\w!#$%&'*+.^`|~:/-]*/y;
const SPACE = /[ \t]*/y;
const SPACES = / */y;

/**
 * Members of a dictionary with their bare values as written (`60`, `"text"`, `?1`), the last of a repeated key; a
 * member without a value is `?1`, an inner list is `(`.
 * @returns undefined where the text is no dictionary
 */
export function parseDictionary(text: string): ReadonlyMap<string, string> | undefined {
  const scan = new Scan(text.replace(/^ +/, '').replace(/ +$/, ''));
  const members = new Map<string, string>();
  while (!scan.over) {
    const key = scan.take(KEY);
    const value = key === undefined ? undefined : memberValue(scan);
    if (key === undefined || value === undefined || !parameters(scan)) return undefined;
    members.delete(key);
    members.set(key, value);
    scan.take(SPACE);
    if (scan.over) return members;
    if (!scan.skip(',')) return undefined;
    scan.take(SPACE);
    if (scan.over) return undefined;
  }
  return members;
}

class Scan {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get over(): boolean {
    return this.#at >= this.#text.length;
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  skip(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }
}

function memberValue(scan: Scan): string | undefined {
  if (!scan.skip('=')) return '?1';
  if (!scan.skip('(')) return scan.take(BARE);
  for (;;) {
    scan.take(SPACES);
    if (scan.skip(')')) return '(';
    if (scan.take(BARE) === undefined || !parameters(scan)) return undefined;
  }
}

function parameters(scan: Scan): boolean {
  while (scan.skip(';')) {
    scan.take(SPACES);
    if (scan.take(KEY) === undefined) return false;
    if (scan.skip('=') && scan.take(BARE) === undefined) return false;
  }
  return true;
}

/** @returns false where the value has the wrong type for the directive */
function apply(to: Mutable, name: string, bare: string): boolean {
  switch (name) {
    case 'max-age':
      to.maxAge = seconds(bare);
      return to.maxAge !== undefined;
    case 's-maxage':
      to.sMaxAge = seconds(bare);
      return to.sMaxAge !== undefined;
    case 'stale-while-revalidate':
      to.staleWhileRevalidate = seconds(bare);
      return to.staleWhileRevalidate !== undefined;
    case 'stale-if-error':
      to.staleIfError = seconds(bare);
      return to.staleIfError !== undefined;
    default:
      raise(to, name, bare !== '?0');
      return true;
  }
}

/** With any value but false: a string of field names withholds the whole response here, which is the safe reading. */
function raise(to: Mutable, name: string, on: boolean): void {
  if (name === 'no-store') to.noStore = on;
  else if (name === 'no-cache') to.noCache = on;
  else if (name === 'private') to.isPrivate = on;
  else if (name === 'public') to.isPublic = on;
  else if (name === 'must-revalidate') to.mustRevalidate = on;
  else if (name === 'proxy-revalidate') to.proxyRevalidate = on;
  else if (name === 'must-understand') to.mustUnderstand = on;
  else if (name === 'immutable') to.immutable = on;
}

function seconds(bare: string): number | undefined {
  return /^\d+$/.test(bare) ? Math.min(Number(bare), SECONDS_MAX) : undefined;
}
