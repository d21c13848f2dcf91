// Which requests get past the door: framing and addressing that two parsers could read differently are refused.
//
// The defence against smuggling is to be stricter than any client needs: one Host, one length, no coding but chunked,
// a path and nothing else as target (RFC 9112, 3.2 and 6.3). Node's parser refuses some of these by itself; they are
// here as well, so that the rule does not hang on a parser's defaults. What a target means is the edge's to say.

import type { HeaderField } from '../../wire/message.ts';
import type { RefusalCode } from './refusal.ts';

/** Header fields of one request. Past some number Node drops the rest without a word: more are refused. */
export const FIELDS_MAX: number = 100;

export interface ReceivedRequest {
  readonly method: string;
  readonly target: string;
  /** `1.1`, `1.0`. */
  readonly version: string;
  /** [2 * fields] name, value, ... as received. */
  readonly rawFields: readonly string[];
}

export type Admission =
  | { readonly ok: true; readonly fields: readonly HeaderField[]; readonly hasBody: boolean }
  | { readonly ok: false; readonly status: number; readonly code: RefusalCode; readonly sentence: string };

export function admit(request: ReceivedRequest): Admission {
  const { method, target, version, rawFields } = request;
  if (rawFields.length > 2 * FIELDS_MAX) {
    const count = rawFields.length / 2;
    return refused(431, 'bad-header', `${count} header fields came, limit ${FIELDS_MAX}`);
  }
  if (method === 'TRACE') return refused(405, 'method-not-allowed', 'TRACE is not served');
  if (!target.startsWith('/') && !(method === 'OPTIONS' && target === '*')) {
    return refused(400, 'bad-target', 'expected a path as request target');
  }
  const fields: HeaderField[] = [];
  for (let at = 0; at + 1 < rawFields.length; at += 2) {
    fields.push([(rawFields[at] as string).toLowerCase(), rawFields[at + 1] as string]);
  }
  return hostFault(fields, version) ?? framing(fields, version);
}

function hostFault(fields: readonly HeaderField[], version: string): Admission | undefined {
  const hosts = fields.filter(([name]) => name === 'host');
  if (hosts.length > 1) return refused(400, 'bad-header', `expected one Host, ${hosts.length} came`);
  const host = hosts[0]?.[1];
  if (host === undefined) {
    return version === '1.0' ? undefined : refused(400, 'bad-header', 'expected a Host, none came');
  }
  return HOST.test(host) ? undefined : refused(400, 'bad-header', 'expected Host to be host[:port]');
}

function framing(fields: readonly HeaderField[], version: string): Admission {
  const lengths = fields.filter(([name]) => name === 'content-length').map(([, value]) => value);
  const codings = fields.filter(([name]) => name === 'transfer-encoding').map(([, value]) => value);
  if (lengths.length + codings.length > 1) {
    return refused(400, 'bad-header', 'expected one Content-Length or one Transfer-Encoding, several came');
  }
  const [length = '0'] = lengths;
  const [coding] = codings;
  if (!/^\d{1,15}$/.test(length)) return refused(400, 'bad-header', 'expected Content-Length to be a number');
  if (coding !== undefined && version === '1.0') {
    return refused(400, 'bad-header', 'Transfer-Encoding does not exist in HTTP/1.0');
  }
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    return refused(501, 'bad-header', 'expected no Transfer-Encoding but chunked');
  }
  return { ok: true, fields, hasBody: coding !== undefined || Number(length) > 0 };
}

function refused(status: number, code: RefusalCode, sentence: string): Admission {
  return { ok: false, status, code, sentence };
}

const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._~!$&'()*+;=%-]*)(?::\d{0,5})?$/;
