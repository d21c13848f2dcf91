// What is asked of origin and peers on behalf of a requester.
//
// The origin gets the viewer's fields less what concerns this hop or one viewer alone; a peer gets only the fields
// by which the response may have been selected, since it rebuilds the request to the origin itself.

import type { Ask } from './inflow.ts';
import { type Headers, has, listed } from './policy/fields.ts';
import { type UpstreamRules, upstreamHeaders } from './policy/upstream.ts';
import { conditions } from './policy/validation.ts';
import type { StoredResponse } from './ports.ts';

/** Request fields that a home needs to get the same response that this viewer would. */
const SELECTING: ReadonlySet<string> = new Set(['accept', 'accept-language', 'origin', 'user-agent']);
/** Asked of every origin in the same way, whatever the viewer said. */
const FIXED = 'accept-encoding';

/** @param about.stored a response to validate */
export function askOf(
  rules: UpstreamRules,
  about: { readonly target: string; readonly headers: Headers; readonly stored: StoredResponse | undefined },
): Ask {
  const condition = about.stored === undefined ? [] : conditions(about.stored);
  return {
    target: about.target,
    originHeaders: [...upstreamHeaders(about.headers, 'cached', rules), ...condition],
    peerHeaders: [...about.headers.filter(([name]) => SELECTING.has(name)), ...condition],
    deadlineMs: 0,
  };
}

/** @returns whether a peer could not know how this request selects the response: it was not told of all the fields */
export function selectsUnseen(request: Headers, response: Headers): boolean {
  return listed(response, 'vary').some((field) => {
    const name = field.toLowerCase();
    return name !== FIXED && !SELECTING.has(name) && has(request, name);
  });
}
