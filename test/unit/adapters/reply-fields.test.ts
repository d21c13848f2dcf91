import { describe, expect, test } from 'vitest';
import { rawRefusal, refusalAnswer } from '../../../agent/adapters/player-api/refusal.ts';
import { replyFields } from '../../../agent/adapters/player-api/reply-fields.ts';

const body = { size: 3, isHead: false };

/** Values of a field in a flat array. */
function values(flat: readonly string[], name: string): string[] {
  return flat.filter((_, at) => at % 2 === 1 && flat[at - 1] === name);
}

describe('reply fields', () => {
  test('keep order and repeats, and say the length that is sent', () => {
    const flat = replyFields(
      [
        ['set-cookie', 'a'],
        ['set-cookie', 'b'],
      ],
      body,
    );
    expect(flat.slice(0, 6)).toEqual(['set-cookie', 'a', 'set-cookie', 'b', 'content-length', '3']);
  });

  test('never take framing from elsewhere', () => {
    const flat = replyFields(
      [
        ['content-length', '999'],
        ['transfer-encoding', 'chunked'],
        ['connection', 'close'],
        ['keep-alive', 'timeout=1'],
        ['upgrade', 'h2c'],
      ],
      body,
    );
    expect(values(flat, 'content-length')).toEqual(['3']);
    for (const name of ['transfer-encoding', 'connection', 'keep-alive', 'upgrade']) {
      expect(values(flat, name)).toEqual([]);
    }
  });

  test('have no length where none is known, except that of a resource asked by HEAD', () => {
    const fields = [['content-length', '999']] as const;
    expect(values(replyFields(fields, { size: -1, isHead: false }), 'content-length')).toEqual([]);
    expect(values(replyFields(fields, { size: -1, isHead: true }), 'content-length')).toEqual(['999']);
    expect(values(replyFields(fields, { size: 5, isHead: true }), 'content-length')).toEqual(['5']);
  });

  test('open the answer to every page, unless the origin said to whom', () => {
    const open = replyFields([], body);
    expect(values(open, 'access-control-allow-origin')).toEqual(['*']);
    expect(values(open, 'timing-allow-origin')).toEqual(['*']);
    expect(values(open, 'access-control-expose-headers').join()).toMatch(/content-range.*ringcast-error/);
    const own = replyFields([['access-control-allow-origin', 'https://tv.example']], body);
    expect(values(own, 'access-control-allow-origin')).toEqual(['https://tv.example']);
    expect(values(replyFields([['timing-allow-origin', 'x']], body), 'timing-allow-origin')).toEqual(['x']);
  });
});

describe('a refusal', () => {
  test('says its code to programs and its sentence to people, and is not cached', () => {
    const { fields, body: json } = refusalAnswer({
      status: 502,
      code: 'origin-broken',
      sentence: 'it broke',
    });
    expect(JSON.parse(Buffer.from(json).toString())).toEqual({ error: 'origin-broken', message: 'it broke' });
    expect(values(fields, 'ringcast-error')).toEqual(['origin-broken']);
    expect(values(fields, 'cache-control')).toEqual(['no-store']);
    expect(values(fields, 'content-length')).toEqual([`${json.length}`]);
    expect(values(fields, 'retry-after')).toEqual([]);
  });

  test('tells a viewer of a busy agent when to come again, and one of a wrong method which are served', () => {
    const busy = refusalAnswer({ status: 503, code: 'busy', sentence: 'full' });
    expect(values(busy.fields, 'retry-after')).toEqual(['1']);
    const wrong = refusalAnswer({ status: 405, code: 'method-not-allowed', sentence: 'no' });
    expect(values(wrong.fields, 'allow')).toEqual(['GET, HEAD, OPTIONS']);
  });

  test('on a raw socket is a whole response that ends the connection', () => {
    const text = rawRefusal({ status: 431, code: 'bad-header', sentence: 'too long' });
    expect(text).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\nconnection: close\r\n/);
    const [head = '', json = ''] = text.split('\r\n\r\n');
    expect(head).toContain(`content-length: ${json.length}`);
  });
});
