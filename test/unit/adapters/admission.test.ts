import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admit, FIELDS_MAX, type ReceivedRequest } from '../../../agent/adapters/player-api/admission.ts';

const GET: ReceivedRequest = {
  method: 'GET',
  target: '/a',
  version: '1.1',
  rawFields: ['Host', 'edge.example'],
};

function status(over: Partial<ReceivedRequest>): number {
  const admission = admit({ ...GET, ...over });
  return admission.ok ? 200 : admission.status;
}

describe('admits', () => {
  test('a plain request, with its fields lowered, in order, repeats kept', () => {
    const rawFields = ['Host', 'edge.example:8080', 'X-A', '1', 'x-a', '2', 'Range', 'bytes=0-1'];
    expect(admit({ ...GET, rawFields })).toEqual({
      ok: true,
      fields: [
        ['host', 'edge.example:8080'],
        ['x-a', '1'],
        ['x-a', '2'],
        ['range', 'bytes=0-1'],
      ],
      hasBody: false,
    });
  });

  test('a body by length or by chunks, and none for length 0', () => {
    const withField = (name: string, value: string) =>
      admit({ ...GET, rawFields: ['Host', 'a', name, value] });
    expect(withField('Content-Length', '5')).toMatchObject({ ok: true, hasBody: true });
    expect(withField('Transfer-Encoding', 'Chunked')).toMatchObject({ ok: true, hasBody: true });
    expect(withField('Content-Length', '0')).toMatchObject({ ok: true, hasBody: false });
  });

  test('HTTP/1.0 without a Host, addresses in brackets, OPTIONS of the server', () => {
    expect(status({ version: '1.0', rawFields: [] })).toBe(200);
    expect(status({ rawFields: ['Host', '[::1]:8080'] })).toBe(200);
    expect(status({ method: 'OPTIONS', target: '*' })).toBe(200);
  });

  test('as many fields as allowed', () => {
    const rawFields = [
      'Host',
      'a',
      ...Array.from({ length: FIELDS_MAX - 1 }, (_, n) => [`x-${n}`, '1']).flat(),
    ];
    expect(status({ rawFields })).toBe(200);
    expect(status({ rawFields: [...rawFields, 'x-more', '1'] })).toBe(431);
  });
});

describe('refuses', () => {
  test.each<[string, Partial<ReceivedRequest>, number]>([
    ['no Host', { rawFields: [] }, 400],
    ['two Hosts', { rawFields: ['Host', 'a', 'host', 'a'] }, 400],
    ['a Host with a path', { rawFields: ['Host', 'a/b'] }, 400],
    ['a Host with a user', { rawFields: ['Host', 'u@a'] }, 400],
    ['a list of Hosts', { rawFields: ['Host', 'a, b'] }, 400],
    ['an absolute target', { target: 'http://169.254.169.254/x' }, 400],
    ['an authority as target', { target: '169.254.169.254:80' }, 400],
    ['an asterisk for GET', { target: '*' }, 400],
    ['TRACE', { method: 'TRACE' }, 405],
    ['two lengths', { rawFields: ['Host', 'a', 'Content-Length', '1', 'Content-Length', '1'] }, 400],
    [
      'a length and chunks',
      { rawFields: ['Host', 'a', 'Content-Length', '1', 'Transfer-Encoding', 'chunked'] },
      400,
    ],
    [
      'two codings',
      { rawFields: ['Host', 'a', 'Transfer-Encoding', 'x', 'Transfer-Encoding', 'chunked'] },
      400,
    ],
    ['a coding before chunks', { rawFields: ['Host', 'a', 'Transfer-Encoding', 'gzip, chunked'] }, 501],
    ['a hidden coding', { rawFields: ['Host', 'a', 'Transfer-Encoding', '\vchunked'] }, 501],
    ['chunks in HTTP/1.0', { version: '1.0', rawFields: ['Transfer-Encoding', 'chunked'] }, 400],
    ['a negative length', { rawFields: ['Host', 'a', 'Content-Length', '-1'] }, 400],
    ['a signed length', { rawFields: ['Host', 'a', 'Content-Length', '+1'] }, 400],
    ['a list of lengths', { rawFields: ['Host', 'a', 'Content-Length', '1, 1'] }, 400],
    ['a hexadecimal length', { rawFields: ['Host', 'a', 'Content-Length', '0x1'] }, 400],
    ['an empty length', { rawFields: ['Host', 'a', 'Content-Length', ''] }, 400],
    ['a length beyond all sense', { rawFields: ['Host', 'a', 'Content-Length', '9'.repeat(20)] }, 400],
  ])('%s', (_name, over, expected) => {
    expect(status(over)).toBe(expected);
  });

  test('without ever throwing, whatever comes; and never admits two Hosts or two framings', () => {
    const field = fc.tuple(
      fc.oneof(fc.constantFrom('Host', 'HOST', 'Content-Length', 'transfer-encoding', 'X-A'), fc.string()),
      fc.oneof(fc.constantFrom('a', '1', 'chunked'), fc.string()),
    );
    const request = fc.record({
      method: fc.oneof(fc.constantFrom('GET', 'OPTIONS', 'TRACE'), fc.string()),
      target: fc.oneof(fc.constantFrom('/', '*', '//x'), fc.string()),
      version: fc.constantFrom('1.0', '1.1'),
      rawFields: fc.array(field, { maxLength: 6 }).map((fields) => fields.flat()),
    });
    fc.assert(
      fc.property(request, (received) => {
        const admission = admit(received);
        if (!admission.ok) return admission.status >= 400 && admission.sentence.length > 0;
        const count = (...names: string[]) =>
          admission.fields.filter(([name]) => names.includes(name)).length;
        return count('host') <= 1 && count('content-length', 'transfer-encoding') <= 1;
      }),
    );
  });
});
