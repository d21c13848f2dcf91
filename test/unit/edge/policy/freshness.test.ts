import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ageMs,
  judge,
  onlyIfCached,
  ttlMs,
  usable,
  usableOnError,
} from '../../../../agent/edge/policy/freshness.ts';
import { formatHttpDate } from '../../../../agent/edge/policy/http-date.ts';
import { GENERIC, MEDIA, SEGMENT } from '../../../../agent/edge/policy/policy.ts';
import { dated, get, NOW, ok, response, SECOND, stored, verdict } from '../exchanges.ts';

const refusal = (...args: Parameters<typeof verdict>): string | undefined => {
  const judgement = verdict(...args);
  return judgement.store ? undefined : judgement.reason;
};
const lifetime = (...lines: string[]): number => stored(ok('ETag: "1"', ...lines)).lifetimeMs / SECOND;
const hour = 'Cache-Control: max-age=3600';

describe('lifetime', () => {
  it('is s-maxage before max-age before Expires, wherever they stand', () => {
    const expires = dated('Expires', 7200);
    expect(lifetime('Cache-Control: max-age=1, s-maxage=3600', expires)).toBe(3600);
    expect(lifetime('Cache-Control: s-maxage=1', hour)).toBe(1);
    expect(lifetime(hour, 'Expires: 0')).toBe(3600);
    expect(lifetime('Cache-Control: max-age=0', expires)).toBe(0);
    expect(lifetime(expires, dated('Date', 0))).toBe(7200);
  });

  it('counts Expires from Date, or from now where Date is missing or invalid', () => {
    expect(lifetime(dated('Expires', 20), dated('Date', 10))).toBe(10);
    expect(lifetime(dated('Expires', 300), dated('Date', 400))).toBe(0);
    expect(lifetime(dated('Expires', 10), 'Date: foo')).toBe(10);
    expect(lifetime(dated('Expires', 10))).toBe(10);
  });

  it('is nothing where Expires is invalid, although Last-Modified would give a guess', () => {
    expect(lifetime('Expires: 0', dated('Last-Modified', -100_000))).toBe(0);
    expect(lifetime('Expires: Thu, 18 Aug 2050 2:01:18 GMT', 'Expires: Thu, 18 Aug 2050 02:01:19 GMT')).toBe(
      0,
    );
  });

  it('is a tenth of the time since Last-Modified where nothing is said, at most a day', () => {
    expect(lifetime(dated('Last-Modified', -1000), dated('Date', 0))).toBe(100);
    expect(lifetime(dated('Last-Modified', -1e8), dated('Date', 0))).toBe(86_400);
    expect(lifetime(dated('Last-Modified', 1000))).toBe(0);
    expect(stored(ok(dated('Last-Modified', -1000)), { ...GENERIC, heuristicShare: 0 }).lifetimeMs).toBe(0);
  });

  it.each([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])('is guessed for status %d', (status) => {
    expect(stored(response(status, dated('Last-Modified', -1000), dated('Date', 0))).lifetimeMs).toBe(
      100 * SECOND,
    );
  });

  it.each([201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599])(
    'is not guessed for status %d',
    (status) => {
      expect(refusal(response(status, dated('Last-Modified', -86_400)))).toBe('status');
    },
  );

  it('is guessed for any status that is public', () => {
    expect(stored(response(599, dated('Last-Modified', -1000), 'Cache-Control: public')).lifetimeMs).toBe(
      100 * SECOND,
    );
  });

  it.each([200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 502, 503, 504, 599])(
    'is what status %d says explicitly',
    (status) => {
      expect(stored(response(status, hour)).lifetimeMs).toBe(3600 * SECOND);
    },
  );

  it("is the operator's default where nothing else is known, shorter for what is missing", () => {
    expect(stored(ok(), SEGMENT).lifetimeMs).toBe(3600 * SECOND);
    expect(stored(response(404), SEGMENT).lifetimeMs).toBe(SECOND);
    const noGuess = { ...SEGMENT, heuristicShare: 0 };
    expect(stored(ok(dated('Last-Modified', -10)), noGuess).lifetimeMs).toBe(3600 * SECOND);
    expect(refusal(ok())).toBe('no-use');
    expect(refusal(response(404))).toBe('no-use');
  });

  it('tells whether the origin said it or it was made up here', () => {
    const explicit = (...lines: string[]): unknown => verdict(ok('ETag: "1"', ...lines), SEGMENT);
    expect(explicit(hour)).toMatchObject({ meta: { explicit: true } });
    expect(explicit('Cache-Control: no-cache')).toMatchObject({ meta: { explicit: true, lifetimeMs: 0 } });
    expect(explicit()).toMatchObject({ meta: { explicit: false } });
  });
});

describe('CDN-Cache-Control', () => {
  it('replaces Cache-Control and Expires, for longer and for shorter', () => {
    expect(lifetime('CDN-Cache-Control: max-age=3600', 'Cache-Control: no-store', 'Expires: 0')).toBe(3600);
    expect(lifetime('CDN-Cache-Control: max-age=1', hour)).toBe(1);
    expect(refusal(ok('CDN-Cache-Control: private', hour))).toBe('private');
    expect(refusal(ok('CDN-Cache-Control: no-store', hour))).toBe('no-store');
    expect(lifetime('CDN-Cache-Control: no-cache', hour, dated('Expires', 10_000))).toBe(0);
  });

  it('is as if absent where it is invalid, or where the policy does not name it', () => {
    expect(refusal(ok('CDN-Cache-Control: max-age=10000, &&&', 'Cache-Control: no-store'))).toBe('no-store');
    expect(lifetime('CDN-Cache-Control: max-age="10"', hour)).toBe(3600);
    const plain = { ...GENERIC, targetedFields: [] };
    expect(stored(ok('CDN-Cache-Control: max-age=1', hour), plain).lifetimeMs).toBe(3600 * SECOND);
  });
});

describe('storing', () => {
  it('refuses private, no-store, other methods, partial content and 304', () => {
    expect(refusal(ok('Cache-Control: private, max-age=60'))).toBe('private');
    expect(refusal(ok('Cache-Control: max-age=60, No-StOrE'))).toBe('no-store');
    expect(refusal(ok(hour), GENERIC, { method: 'POST', headers: [] })).toBe('method');
    expect(refusal(ok(hour), GENERIC, { method: 'HEAD', headers: [] })).toBe('method');
    expect(refusal(response(206, hour))).toBe('status');
    expect(refusal(response(304, hour))).toBe('status');
    expect(refusal(response(103, hour))).toBe('status');
    expect(refusal(ok(hour, 'Vary: *'))).toBe('vary');
  });

  it('lets must-understand lift no-store for statuses that are known, and forbid the others', () => {
    expect(refusal(ok('Cache-Control: max-age=60, no-store, must-understand'))).toBeUndefined();
    expect(refusal(response(599, 'Cache-Control: max-age=60, no-store, must-understand'))).toBe('status');
    expect(refusal(response(599, 'Cache-Control: max-age=60, must-understand'))).toBe('status');
  });

  it('shares the answer to a request with Authorization only where the origin allows it', () => {
    const request = get('Authorization: x');
    expect(refusal(ok(hour), GENERIC, request)).toBe('authorization');
    for (const allowed of ['public', 's-maxage=60', 'must-revalidate']) {
      expect(refusal(ok(`Cache-Control: max-age=60, ${allowed}`), GENERIC, request)).toBeUndefined();
    }
  });

  it('stores Set-Cookie only with explicit permission, and never in front of media', () => {
    expect(refusal(ok(hour, 'Set-Cookie: a=b'))).toBeUndefined();
    expect(refusal(ok(dated('Last-Modified', -1000), 'Set-Cookie: a=b'))).toBe('set-cookie');
    expect(refusal(ok(hour, 'Set-Cookie: a=b'), MEDIA)).toBe('set-cookie');
  });

  it('stores no error in front of media that a viewer may have brought about', () => {
    for (const status of [400, 403, 405, 413, 416, 431, 501]) {
      expect(refusal(response(status, hour), MEDIA)).toBe('client-error');
    }
    expect(refusal(response(404, hour), MEDIA)).toBeUndefined();
  });

  it('obeys a request with no-store, but not in front of media', () => {
    const request = get('Cache-Control: no-store');
    expect(refusal(ok(hour), GENERIC, request)).toBe('request-no-store');
    expect(refusal(ok(hour), MEDIA, request)).toBeUndefined();
  });

  it('stores what must be validated each time only if it can be', () => {
    expect(stored(ok('Cache-Control: no-cache', 'ETag: "1"'))).toMatchObject({
      lifetimeMs: 0,
      mustRevalidate: true,
    });
    expect(refusal(ok('Cache-Control: no-cache'))).toBe('no-use');
    expect(refusal(ok('Cache-Control: max-age=0, stale-if-error=60'))).toBeUndefined();
  });

  it('keeps every field but those of the hop, the age, the length and those that no-cache or private name', () => {
    const head = ok(
      'Cache-Control: no-cache="a", max-age=3600, private="b"',
      'A: 1',
      'B: 2',
      'C: 3',
      'Age: 5',
      'Content-Length: 4',
      'Connection: d',
      'D: 4',
      dated('Date', 0),
      'Set-Cookie: a=b',
    );
    expect(stored(head).headers.map(([name]) => name)).toEqual(['cache-control', 'c', 'date', 'set-cookie']);
  });

  it('adds the time of receipt as Date where there is none', () => {
    expect(stored(ok(hour)).headers).toContainEqual(['date', formatHttpDate(NOW)]);
    expect(stored(ok(hour, dated('Date', -5))).headers).toContainEqual(['date', formatHttpDate(NOW - 5000)]);
  });
});

describe('age', () => {
  const age = (delayMs: number, ...lines: string[]): number =>
    ageMs(stored({ ...ok('Cache-Control: max-age=100000', ...lines), delayMs }), NOW);

  it('on receipt is what Age says plus the delay, or the time since Date if that is more', () => {
    expect(age(0, 'Age: 30', dated('Date', 0))).toBe(30_000);
    expect(age(1500, 'Age: 30')).toBe(31_500);
    expect(age(0, 'Age: 5', dated('Date', -10))).toBe(10_000);
    expect(age(0, dated('Date', 500))).toBe(0);
  });

  it('grows with time', () => {
    const response = stored(ok(hour, 'Age: 30'));
    expect(ageMs(response, NOW + 2000)).toBe(32_000);
    expect(ttlMs(response, NOW + 2000)).toBe(3_568_000);
  });

  it('takes the first of several values', () => {
    expect(age(0, 'Age: 7200, 0')).toBe(7_200_000);
    expect(age(0, 'Age: 0', 'Age: 7200')).toBe(0);
  });

  it.each(['abc', '-7200', '7200.0', '7200;foo=bar', ''])('ignores Age: %s', (value) => {
    expect(age(0, `Age: ${value}`)).toBe(0);
  });

  it.each(['2147483647', '2147483648', '99999999999999999999'])('makes Age: %s stale', (value) => {
    expect(usable(stored(ok(hour, 'ETag: "1"', `Age: ${value}`)), get(), NOW, GENERIC)).toBe('validate');
  });

  it('does not count the time since Date in front of media, so that a skewed clock keeps playlists fresh', () => {
    expect(ageMs(stored(ok(hour, dated('Date', -300)), MEDIA), NOW)).toBe(0);
  });

  it('is what the peer said for a response from a peer', () => {
    const judgement = judge(get(), ok(hour, dated('Date', -300)), NOW, GENERIC, 1234);
    expect(judgement).toMatchObject({ meta: { bornMs: NOW - 1234 } });
  });
});

describe('use', () => {
  const at = (seconds: number, lines: string[], request = get(), policy = GENERIC): string =>
    usable(stored(ok('ETag: "1"', ...lines), policy), request, NOW + seconds * SECOND, policy);

  it('is fresh until the lifetime is over', () => {
    expect(at(59.999, ['Cache-Control: max-age=60'])).toBe('fresh');
    expect(at(60, ['Cache-Control: max-age=60'])).toBe('validate');
    expect(at(60, ['Cache-Control: max-age=60'], get('Cache-Control: x'))).toBe('validate');
    expect(at(0, ['Cache-Control: no-cache, max-age=60'])).toBe('validate');
  });

  it('serves stale while it revalidates, within the window only', () => {
    const lines = ['Cache-Control: max-age=1, stale-while-revalidate=4'];
    expect(at(4.999, lines)).toBe('stale-while-revalidate');
    expect(at(5, lines)).toBe('validate');
  });

  it.each(['must-revalidate', 'proxy-revalidate', 'no-cache'])('never serves stale with %s', (directive) => {
    const lines = [`Cache-Control: max-age=2, ${directive}, stale-while-revalidate=60, stale-if-error=60`];
    expect(at(3, lines)).toBe('validate');
    expect(at(3, lines, get('Cache-Control: max-stale=100'))).toBe('validate');
    expect(usableOnError(stored(ok('ETag: "1"', ...lines)), get(), NOW + 3000, GENERIC)).toBe(false);
  });

  it('never serves stale with s-maxage alone, but does where the origin wrote a window beside it', () => {
    expect(usableOnError(stored(ok('Cache-Control: s-maxage=2')), get(), NOW + 3000, GENERIC)).toBe(false);
    expect(at(3, ['Cache-Control: s-maxage=2, stale-while-revalidate=60'])).toBe('stale-while-revalidate');
  });

  it("obeys the viewer's directives", () => {
    const lines = ['Cache-Control: max-age=1500', 'Age: 1000'];
    expect(at(0, lines, get('Cache-Control: max-age=600'))).toBe('validate');
    expect(at(0, lines, get('Cache-Control: max-age=1000'))).toBe('fresh');
    expect(at(0, lines, get('Cache-Control: min-fresh=501'))).toBe('validate');
    expect(at(0, lines, get('Cache-Control: min-fresh=500'))).toBe('fresh');
    expect(at(0, lines, get('Cache-Control: no-cache'))).toBe('validate');
    expect(at(0, lines, get('Pragma: no-cache'))).toBe('validate');
    expect(at(0, lines, get('Pragma: no-cache', 'Cache-Control: x'))).toBe('fresh');
    expect(at(600, lines, get('Cache-Control: max-stale=100'))).toBe('stale');
    expect(at(601, lines, get('Cache-Control: max-stale=100'))).toBe('validate');
    expect(at(9e9, lines, get('Cache-Control: max-stale'))).toBe('stale');
    expect(at(0, ['Cache-Control: max-age=60'], get('Cache-Control: max-age=0'))).toBe('validate');
  });

  it('does not let viewers of media bust the cache', () => {
    for (const directive of ['no-cache', 'max-age=0', 'min-fresh=9999']) {
      expect(at(1, [hour], get(`Cache-Control: ${directive}`), MEDIA)).toBe('fresh');
    }
    expect(onlyIfCached(get('Cache-Control: only-if-cached'), MEDIA)).toBe(false);
  });

  it('does not validate what is immutable and fresh for a reload, but does for no-cache', () => {
    const lines = ['Cache-Control: max-age=60, immutable'];
    expect(at(1, lines, get('Cache-Control: max-age=0'))).toBe('fresh');
    expect(at(61, lines, get('Cache-Control: max-age=0'))).toBe('validate');
    expect(at(1, lines, get('Cache-Control: no-cache'))).toBe('validate');
  });

  it('knows a viewer who wants nothing from the origin', () => {
    expect(onlyIfCached(get('Cache-Control: only-if-cached'), GENERIC)).toBe(true);
    expect(onlyIfCached(get(), GENERIC)).toBe(false);
    expect(onlyIfCached(get('Cache-Control: no-cache'), GENERIC)).toBe(false);
  });

  it('never turns from stale to fresh as time goes by', () => {
    const rank = { fresh: 0, stale: 1, 'stale-while-revalidate': 1, validate: 2 };
    const seconds = fc.nat(400);
    fc.assert(
      fc.property(seconds, seconds, seconds, seconds, seconds, (maxAge, window, age, first, later) => {
        const lines = [
          `Cache-Control: max-age=${maxAge}, stale-while-revalidate=${window}`,
          `Age: ${age}`,
          'ETag: 1',
        ];
        const response = stored(ok(...lines));
        const use = (at: number): number => rank[usable(response, get(), NOW + at * SECOND, GENERIC)];
        expect(use(first)).toBeLessThanOrEqual(use(first + later));
      }),
    );
  });
});

describe('when the origin fails', () => {
  const onError = (seconds: number, control: string, request = get()): boolean =>
    usableOnError(stored(ok(`Cache-Control: ${control}`)), request, NOW + seconds * SECOND, GENERIC);

  it('serves stale within the window of the origin, of the viewer, or of the policy', () => {
    expect(onError(62, 'max-age=2')).toBe(true);
    expect(onError(63, 'max-age=2')).toBe(false);
    expect(onError(3, 'max-age=2, stale-if-error=1')).toBe(true);
    expect(onError(4, 'max-age=2, stale-if-error=1')).toBe(false);
    expect(onError(100, 'max-age=2', get('Cache-Control: stale-if-error=98'))).toBe(true);
    expect(onError(4, 'max-age=2', get('Cache-Control: stale-if-error=1'))).toBe(false);
  });

  it('does not serve a viewer stale who asked for validation', () => {
    expect(onError(3, 'max-age=2', get('Cache-Control: no-cache'))).toBe(false);
  });
});
