// Reads the head of an HTTP/1.1 response from a buffer: as much of it as the load generator needs.
//
// An answer without a Content-Length is refused: the generator cannot tell whether it is whole.

export interface ResponseHead {
  readonly status: number;
  readonly bodyBytes: number;
  /** Bytes of the head with its empty line. */
  readonly headBytes: number;
  readonly keepAlive: boolean;
}

/** Bytes of a head that are accepted: servers under test send a few hundred. */
export const HEAD_BYTES_MAX = 16 * 1024;

/** @returns the head, undefined where more of it is needed, or what is wrong with it */
export function parseHead(bytes: Buffer): ResponseHead | string | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0)
    return bytes.length > HEAD_BYTES_MAX ? `a head of more than ${HEAD_BYTES_MAX} bytes` : undefined;
  const text = bytes.toString('latin1', 0, end);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text);
  if (status === null) return `no HTTP/1 status line: ${JSON.stringify(text.slice(0, 40))}`;
  const length = /\r\ncontent-length: *(\d{1,15})(?:\r\n|$)/i.exec(text);
  if (length === null) return `status ${status[1]} without a Content-Length`;
  const keepAlive = text.startsWith('HTTP/1.1') && !/\r\nconnection: *close/i.test(text);
  return { status: Number(status[1]), bodyBytes: Number(length[1]), headBytes: end + 4, keepAlive };
}
