// Is this request target one that the agent serves?
//
// Strict, because the target becomes part of a name and goes to the origin as it stands: what two parsers could read
// differently is refused. Never a URL class: `new URL('//169.254.169.254/x', base)` changes the host. Percent
// escapes are checked and left alone. The absolute form, which RFC 9112, 3.2.2 makes every server accept, is taken
// where it names the same host as the Host field.

import { TARGET_BYTES_MAX } from '../../wire/limits.ts';

export type Target =
  /** `target`: path and query, starting with one slash. */
  { readonly ok: true; readonly target: string } | { readonly ok: false; readonly why: string };

/** Visible ASCII but `"`, `#`, `<`, `>` and `\`. Browsers send the rest of RFC 3986's unwise characters as they are. */
const ALLOWED = /^[!$-;=?-[\]-~]*$/;
const BAD_ESCAPE = /%(?![0-9a-f]{2})/i;
/** Control characters in an escape. In a query, where forms put line ends, only NUL. */
const PATH_CONTROL = /%(?:[01][0-9a-f]|7f)/i;
const QUERY_CONTROL = /%00/;
/** A segment that is `.` or `..`, spelled out or escaped, alone or before the parameter of a segment (`..;x`). */
const DOT_SEGMENT = /(?:^|[/\\])(?:\.|%2e){1,2}(?=[/\\;]|$)/i;
const ABSOLUTE = /^https?:\/\/([^/?]+)/i;

/** @param host value of the Host field, for the absolute form; undefined refuses that form */
export function parseTarget(raw: string, host?: string): Target {
  // Characters are bytes once the next check has passed.
  if (raw.length > TARGET_BYTES_MAX) {
    return refused(`request target of ${raw.length} bytes, limit ${TARGET_BYTES_MAX}`);
  }
  if (!ALLOWED.test(raw)) return refused('request target holds a character that must be percent-encoded');
  if (raw.startsWith('/')) return origin(raw);
  const absolute = ABSOLUTE.exec(raw);
  if (absolute === null) return refused('request target must start with a slash');
  if (host === undefined || absolute[1]?.toLowerCase() !== host.toLowerCase()) {
    return refused('absolute request target names another host than the Host field');
  }
  const rest = raw.slice(absolute[0].length);
  return origin(rest.startsWith('/') ? rest : `/${rest}`);
}

function origin(target: string): Target {
  if (target.startsWith('//')) return refused('request target starts with two slashes');
  if (BAD_ESCAPE.test(target)) return refused('request target holds a percent sign without two hex digits');
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark);
  if (PATH_CONTROL.test(path) || QUERY_CONTROL.test(query)) {
    return refused('request target holds an escaped control character');
  }
  if (DOT_SEGMENT.test(path.replace(/%2f|%5c/gi, '/'))) return refused('request path holds a dot segment');
  return { ok: true, target };
}

function refused(why: string): Target {
  return { ok: false, why };
}
