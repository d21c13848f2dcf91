// URIs as they stand in header fields and playlists, taken apart and resolved without a URL class.
//
// Only what the edge needs of RFC 3986: is it on one of our origins, and which target is meant. Text is kept as it
// was sent; nothing is decoded or re-encoded, so that a name never changes on its way through the agent.

/** A reference, taken apart (RFC 3986, 4.1). */
export type Reference =
  | { readonly kind: 'absolute'; readonly scheme: string; readonly authority: string; readonly rest: string }
  /** `//authority/path`. */
  | { readonly kind: 'scheme-relative'; readonly authority: string; readonly rest: string }
  /** `/path`. */
  | { readonly kind: 'rooted'; readonly rest: string }
  /** `path`, `?query` or empty. */
  | { readonly kind: 'relative'; readonly rest: string }
  /** `mailto:`, `data:` and what else has no authority. */
  | { readonly kind: 'opaque' };

const SCHEME = /^[a-z][a-z0-9+.-]{0,31}:/i;
const DEFAULT_PORT: { readonly [scheme: string]: string } = { http: ':80', https: ':443' };

/** @returns scheme and authority in lower case, `rest` from the path on, as written */
export function takeApart(reference: string): Reference {
  const scheme = SCHEME.exec(reference)?.[0];
  if (scheme !== undefined) {
    const behind = reference.slice(scheme.length);
    if (!behind.startsWith('//')) return { kind: 'opaque' };
    return { kind: 'absolute', scheme: scheme.slice(0, -1).toLowerCase(), ...authorityOf(behind) };
  }
  if (reference.startsWith('//')) return { kind: 'scheme-relative', ...authorityOf(reference) };
  return { kind: reference.startsWith('/') ? 'rooted' : 'relative', rest: reference };
}

/** @returns `host:port` without the port that the scheme implies, for comparing */
export function canonicalAuthority(scheme: string, authority: string): string {
  const implied = DEFAULT_PORT[scheme] ?? '';
  return implied !== '' && authority.endsWith(implied) ? authority.slice(0, -implied.length) : authority;
}

/**
 * Resolves a rooted or relative reference against a request target (RFC 3986, 5.2).
 * @param base path and query that the reference stood in the answer to
 * @returns path and query, dot segments removed, without fragment
 */
export function resolveTarget(base: string, rest: string): string {
  const reference = beforeAny(rest, '#');
  if (reference === '') return base;
  const basePath = beforeAny(base, '?');
  if (reference.startsWith('?')) return basePath + reference;
  const path = beforeAny(reference, '?');
  const merged = path.startsWith('/') ? path : basePath.slice(0, basePath.lastIndexOf('/') + 1) + path;
  return withoutDots(merged) + reference.slice(path.length);
}

function authorityOf(slashed: string): { authority: string; rest: string } {
  const length = beforeAny(slashed.slice(2), '/?#').length;
  return { authority: slashed.slice(2, 2 + length).toLowerCase(), rest: slashed.slice(2 + length) };
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  segments.forEach((segment, index) => {
    const last = index === segments.length - 1;
    if (segment === '..') kept.pop();
    if (segment === '.' || segment === '..') {
      if (last) kept.push('');
    } else kept.push(segment);
  });
  return `/${kept.join('/')}`;
}

/** @returns the text up to the first of these characters */
function beforeAny(text: string, characters: string): string {
  for (let at = 0; at < text.length; at += 1)
    if (characters.includes(text[at] ?? '')) return text.slice(0, at);
  return text;
}
