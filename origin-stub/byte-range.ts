// The Range header (RFC 9110, 14): one range of bytes. Several ranges, other units and malformed headers are ignored,
// which the RFC allows and which means the whole object; a range that lies outside is refused with 416.

export type ByteRange =
  | { readonly is: 'whole' }
  /** `end` is exclusive. */
  | { readonly is: 'part'; readonly start: number; readonly end: number }
  | { readonly is: 'unsatisfiable' };

export function parseByteRange(header: string | undefined, length: number): ByteRange {
  const match = header === undefined ? null : /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(header);
  if (match === null) return { is: 'whole' };
  const [, first = '', last = ''] = match;
  if (first === '') {
    if (last === '') return { is: 'whole' };
    const suffix = Number(last);
    if (suffix === 0 || length === 0) return { is: 'unsatisfiable' };
    return { is: 'part', start: Math.max(0, length - suffix), end: length };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return { is: 'whole' };
  if (start >= length) return { is: 'unsatisfiable' };
  return { is: 'part', start, end: last === '' ? length : Math.min(length, Number(last) + 1) };
}
