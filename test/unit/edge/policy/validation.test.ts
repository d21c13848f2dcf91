import { describe, expect, it } from 'vitest';
import { ageMs } from '../../../../agent/edge/policy/freshness.ts';
import { formatHttpDate } from '../../../../agent/edge/policy/http-date.ts';
import { GENERIC } from '../../../../agent/edge/policy/policy.ts';
import { conditions, freshened, headEffect, selects } from '../../../../agent/edge/policy/validation.ts';
import { dated, fields, get, NOW, ok, response, SECOND, stored } from '../exchanges.ts';

const LATER = NOW + 10 * SECOND;
const was = stored(
  ok(
    'Cache-Control: max-age=2',
    'ETag: "1"',
    'Content-Encoding: gzip',
    'Test: a',
    'Age: 1',
    dated('Date', -1),
  ),
);
const renewed = (...lines: string[]) => freshened(was, response(304, ...lines), get(), LATER, GENERIC);

it('asks with every validator that is stored, and with none where there is none', () => {
  expect(conditions({ headers: fields('ETag: W/"1"', 'Last-Modified: x') })).toEqual([
    ['if-none-match', 'W/"1"'],
    ['if-modified-since', 'x'],
  ]);
  expect(conditions({ headers: [] })).toEqual([]);
});

describe('a 304', () => {
  const about = (its: string[], stored: string[]): boolean =>
    selects({ headers: fields(...stored) }, { headers: fields(...its) });

  it('is about the stored response where the validators do not contradict', () => {
    expect(about(['ETag: "1"'], ['ETag: "1"'])).toBe(true);
    expect(about(['ETag: W/"1"'], ['ETag: "1"'])).toBe(true);
    expect(about(['Last-Modified: x'], ['Last-Modified: x'])).toBe(true);
    expect(about([], ['ETag: "1"'])).toBe(true);
    expect(about([], ['Last-Modified: x'])).toBe(true);
    expect(about(['Last-Modified: x'], ['ETag: "1"'])).toBe(true);
  });

  it('is not where its strong tag or its date is another', () => {
    expect(about(['ETag: "2"'], ['ETag: "1"'])).toBe(false);
    expect(about(['ETag: "1"'], ['ETag: W/"1"'])).toBe(false);
    expect(about(['ETag: W/"2"'], ['ETag: W/"1"'])).toBe(false);
    expect(about(['Last-Modified: y'], ['Last-Modified: x'])).toBe(false);
  });

  it('replaces stored fields of its names and leaves the others', () => {
    const { response: now } = renewed('Cache-Control: max-age=60', 'Test: b', 'Test: c', 'New: 1');
    expect(now.headers).toContainEqual(['test', 'b']);
    expect(now.headers).toContainEqual(['test', 'c']);
    expect(now.headers).not.toContainEqual(['test', 'a']);
    expect(now.headers).toContainEqual(['etag', '"1"']);
    expect(now.headers).toContainEqual(['new', '1']);
    expect(now.lifetimeMs).toBe(60 * SECOND);
    expect(now.body).toBe(was.body);
  });

  it('starts the age anew, from its own Date and Age', () => {
    expect(ageMs(renewed().response, LATER)).toBe(0);
    expect(renewed().response.headers).toContainEqual(['date', formatHttpDate(LATER)]);
    expect(renewed().response.lifetimeMs).toBe(2 * SECOND);
    expect(ageMs(renewed('Age: 7').response, LATER)).toBe(7000);
  });

  it('never changes what describes the stored bytes, nor brings in fields of the hop', () => {
    const { response: now } = renewed(
      'Content-Length: 99',
      'Content-Encoding: br',
      'Repr-Digest: d',
      'Connection: x',
      'X: 1',
    );
    expect(now.headers).toContainEqual(['content-encoding', 'gzip']);
    const names = now.headers.map(([name]) => name);
    for (const name of ['content-length', 'connection', 'x', 'age', 'repr-digest']) {
      expect(names).not.toContain(name);
    }
  });

  it('that forbids storing is answered with, once', () => {
    const once = renewed('Cache-Control: no-store', 'Test: b');
    expect(once.keep).toBe(false);
    expect(once.response.headers).toContainEqual(['test', 'b']);
    expect(once.response).toMatchObject({ lifetimeMs: 0, mustRevalidate: true });
  });

  it('that allows it is kept', () => {
    expect(renewed()).toMatchObject({
      keep: true,
      explicit: true,
      response: { name: was.name, source: 'origin' },
    });
  });
});

describe('a response to HEAD', () => {
  const head = (status: number, size: number, ...lines: string[]) => ({
    ...response(status, ...lines),
    size,
  });

  it('freshens what it agrees with', () => {
    expect(headEffect(was, head(200, 4, 'ETag: "1"'))).toBe('freshen');
    expect(headEffect(was, head(200, -1))).toBe('freshen');
  });

  it('invalidates what it contradicts', () => {
    expect(headEffect(was, head(200, 5))).toBe('invalidate');
    expect(headEffect(was, head(200, 0))).toBe('invalidate');
    expect(headEffect(was, head(200, 4, 'ETag: "2"'))).toBe('invalidate');
    expect(headEffect(was, head(404, 4))).toBe('invalidate');
  });

  it('with another error says nothing', () => {
    expect(headEffect(was, head(503, 4))).toBe('none');
    expect(headEffect(was, head(405, 4))).toBe('none');
    expect(headEffect(stored(response(404, 'Cache-Control: max-age=9')), head(404, 9))).toBe('none');
  });
});
