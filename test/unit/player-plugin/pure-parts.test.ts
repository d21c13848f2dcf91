// The arithmetic of the plugin: deadlines, timing, places, answers, bytes, options.
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { fitsFresh, fitsResumed, validatorOf } from '../../../player-plugin/answer.ts';
import { judgeBody, lateAfterMs, PATIENCE_MS, patienceMs } from '../../../player-plugin/deadline.ts';
import { Emitter } from '../../../player-plugin/emitter.ts';
import { Gathered } from '../../../player-plugin/gathered.ts';
import { beginLeg, type Leg, timingOf } from '../../../player-plugin/leg.ts';
import { checkOptions } from '../../../player-plugin/options.ts';
import { placeOf } from '../../../player-plugin/origin-map.ts';
import { segmentBytes } from './fake-world.ts';

describe('deadlines', () => {
  test('agents may cost at most 500 ms before the first byte, less when the buffer is short', () => {
    expect(patienceMs(undefined)).toBe(PATIENCE_MS);
    expect(patienceMs(30_000)).toBe(500);
    expect(patienceMs(1_200)).toBe(300);
    expect(patienceMs(100)).toBe(200);
  });

  test('with nothing buffered, as at start-up, the buffer sets no bound', () => {
    expect(patienceMs(0)).toBe(500);
  });

  test('a second agent is asked when the first is later than usual, and in time to have a chance', () => {
    const agent = { rttMs: 10, firstByteMs: 20, deviationMs: 2, patienceLeftMs: 500 };
    expect(lateAfterMs(agent)).toBe(200);
    expect(lateAfterMs({ ...agent, firstByteMs: 240 })).toBe(248);
    expect(lateAfterMs({ ...agent, firstByteMs: undefined })).toBe(300);
  });

  const body = { nowMs: 1_000, firstMs: 0, lastByteMs: 990, bytes: 10_000, total: 100_000, slackMs: 2_000 };
  test('a body is judged slow only when the buffer runs out and another source is twice as fast', () => {
    expect(judgeBody({ ...body, otherBytesPerMs: 100 })).toBe('too-slow');
    expect(judgeBody({ ...body, otherBytesPerMs: 15 })).toBeUndefined();
    expect(judgeBody({ ...body, otherBytesPerMs: undefined })).toBe('too-slow');
    expect(judgeBody({ ...body, slackMs: 20_000, otherBytesPerMs: 100 })).toBeUndefined();
    expect(judgeBody({ ...body, total: 0, otherBytesPerMs: 100 })).toBeUndefined();
  });

  test('half a second without a byte is a stall', () => {
    expect(judgeBody({ ...body, lastByteMs: 500, otherBytesPerMs: undefined })).toBe('stalled');
    expect(
      judgeBody({ ...body, lastByteMs: 501, slackMs: 20_000, otherBytesPerMs: undefined }),
    ).toBeUndefined();
  });
});

describe('timing', () => {
  const leg = (startMs: number, firstMs: number, endMs: number, bytes: number): Leg => {
    return { ...beginLeg(startMs, undefined), firstMs, endMs, bytes };
  };

  test('one leg is reported as it happened', () => {
    expect(timingOf([leg(100, 120, 200, 5_000)], 200)).toEqual({ startMs: 100, firstMs: 120, endMs: 200 });
  });

  test('start <= first <= end, and above 0, whatever the legs', () => {
    const legs = fc.array(fc.tuple(fc.nat(1e6), fc.nat(1e4), fc.nat(1e6), fc.nat(1e8)), { maxLength: 4 });
    fc.assert(
      fc.property(legs, fc.nat(2e6), (parts, nowMs) => {
        const made = parts.map(([start, wait, took, bytes]) =>
          leg(start + 1, start + wait + 1, start + wait + took + 1, bytes),
        );
        const timing = timingOf(made, nowMs + 1);
        expect(timing.startMs).toBeGreaterThan(0);
        expect(timing.firstMs).toBeGreaterThanOrEqual(timing.startMs);
        expect(timing.endMs).toBeGreaterThanOrEqual(timing.firstMs);
      }),
    );
  });

  test('a joined load has the rate of the source that brought most of it', () => {
    const { firstMs, endMs } = timingOf(
      [leg(100, 110, 210, 90_000), leg(3_000, 3_010, 9_000, 10_000)],
      9_000,
    );
    expect(100_000 / (endMs - firstMs)).toBeCloseTo(900);
  });

  test("a hit in the browser's cache is timed as the agent's link would have taken", () => {
    const link = { rttMs: 40, bytesPerMs: 1_000 };
    const cached: Leg = { startMs: 500, firstMs: 500.2, endMs: 500.5, bytes: 100_000, link };
    expect(timingOf([cached], 500.5)).toEqual({ startMs: 360.5, firstMs: 400.5, endMs: 500.5 });
  });

  test('a fast answer over a short link is taken at its word', () => {
    const near: Leg = {
      startMs: 500,
      firstMs: 500.2,
      endMs: 501,
      bytes: 100_000,
      link: { rttMs: 1, bytesPerMs: 10 },
    };
    expect(timingOf([near], 501).startMs).toBe(500);
  });
});

describe('places', () => {
  const origins = [
    { id: 'main', base: 'https://o.test/media' },
    { id: 'deep', base: 'https://o.test/media/live/' },
  ];
  test('the longest base wins, and the rest of the URL is the path', () => {
    expect(placeOf('https://o.test/media/a.m4s?x=1#f', origins, [])).toMatchObject({
      originId: 'main',
      target: '/a.m4s?x=1',
    });
    expect(placeOf('https://o.test/media/live/a.m4s', origins, [])).toMatchObject({
      originId: 'deep',
      target: '/a.m4s',
    });
    expect(placeOf('https://o.test:443/media/a.m4s', origins, [])?.target).toBe('/a.m4s');
  });

  test('another host, another path, a path that only begins alike, and no URL at all have no place', () => {
    for (const url of [
      'https://p.test/media/a',
      'https://o.test/other/a',
      'https://o.test/mediafake/a',
      'data:x',
      '',
    ]) {
      expect(placeOf(url, origins, [])).toBeUndefined();
    }
  });

  test('a URL of an agent leads back to the origin only where there is one', () => {
    const agents = ['http://edge.test:8080'];
    const only = [{ id: 'main', base: 'https://o.test/media/' }];
    expect(placeOf('http://edge.test:8080/a.m4s', only, agents)?.originUrl).toBe(
      'https://o.test/media/a.m4s',
    );
    expect(placeOf('http://edge.test:8080/a.m4s', origins, agents)).toBeUndefined();
  });
});

describe('answers', () => {
  const answer = (status: number, headers: Record<string, string>) => ({
    status,
    header: (name: string) => headers[name] ?? null,
  });
  const range = { start: 10, end: 20 };

  test('a whole answer is a 200, a ranged one a 206 of that range', () => {
    expect(fitsFresh(answer(200, {}), undefined)).toBe(true);
    expect(fitsFresh(answer(206, {}), undefined)).toBe(false);
    expect(fitsFresh(answer(206, { 'content-range': 'bytes 10-19/99' }), range)).toBe(true);
    expect(fitsFresh(answer(206, {}), range)).toBe(true);
    expect(fitsFresh(answer(200, {}), range)).toBe(false);
    expect(fitsFresh(answer(206, { 'content-range': 'bytes 0-9/99' }), range)).toBe(false);
    expect(fitsFresh(answer(206, { 'content-length': '11' }), range)).toBe(false);
  });

  test('a rest fits only where its version and its range are shown to', () => {
    const validator = { etag: '"v1"', total: 20 };
    const good = { etag: '"v1"', 'content-range': 'bytes 10-19/20' };
    expect(fitsResumed(answer(206, good), range, validator)).toBe(true);
    expect(fitsResumed(answer(206, { etag: '"v1"', 'content-length': '10' }), range, validator)).toBe(true);
    expect(fitsResumed(answer(200, good), range, validator)).toBe(false);
    expect(fitsResumed(answer(206, { ...good, etag: '"v2"' }), range, validator)).toBe(false);
    expect(fitsResumed(answer(206, { ...good, 'content-range': 'bytes 9-19/20' }), range, validator)).toBe(
      false,
    );
    expect(fitsResumed(answer(206, { etag: '"v1"' }), range, validator)).toBe(false);
  });

  test('only a strong ETag with a length holds a second source to anything', () => {
    expect(validatorOf(answer(200, { etag: '"v1"', 'content-length': '9' }))).toEqual({
      etag: '"v1"',
      total: 9,
    });
    expect(validatorOf(answer(200, { etag: 'W/"v1"', 'content-length': '9' }))).toBeUndefined();
    expect(validatorOf(answer(200, { etag: '"v1"' }))).toBeUndefined();
    expect(validatorOf(answer(200, { 'content-length': '9' }))).toBeUndefined();
  });
});

describe('gathered bytes', () => {
  test('however they are cut, they come out joined, once, in a buffer of their own', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        const gathered = new Gathered();
        for (const chunk of chunks) gathered.add(chunk as Uint8Array<ArrayBuffer>);
        const buffer = gathered.take();
        expect([...new Uint8Array(buffer)]).toEqual(chunks.flatMap((chunk) => [...chunk]));
        expect(gathered.take().byteLength).toBe(0);
      }),
    );
  });

  test('the rest may be asked for only with a validator, after the first byte and before the last', () => {
    const gathered = new Gathered();
    gathered.validator = { etag: '"v1"', total: 10 };
    expect(gathered.resumable).toBe(false);
    gathered.add(segmentBytes(0, 4));
    expect(gathered.resumable).toBe(true);
    gathered.add(segmentBytes(4, 10));
    expect(gathered.resumable).toBe(false);
  });
});

describe('events', () => {
  test('a listener that throws is reported and keeps nothing from the others', () => {
    const failed = vi.fn();
    const emitter = new Emitter<{ load: number }>(failed);
    const heard = vi.fn();
    emitter.on('load', () => {
      throw new Error('mine');
    });
    emitter.on('load', heard);
    emitter.emit('load', 7);
    expect(heard).toHaveBeenCalledWith(7);
    expect(failed).toHaveBeenCalledWith('load', expect.any(Error));
    emitter.off('load', heard);
    emitter.emit('load', 8);
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe('options', () => {
  const codes = (options: unknown): string[] => checkOptions(options).problems.map((problem) => problem.code);

  test("good ones pass; a trailing slash or the roster's path is forgiven", () => {
    const { settings, problems } = checkOptions({
      agents: ['https://edge-1.test:8080/', 'http://[::1]:8080'],
      bootstrap: 'https://edge.test/.well-known/ringcast',
      origin: 'https://o.test/media',
      mirrors: [],
      playlists: true,
      keys: false,
      enabled: true,
    });
    expect(problems).toEqual([]);
    expect(settings).toEqual({
      agents: ['https://edge-1.test:8080', 'http://[::1]:8080'],
      bootstrap: 'https://edge.test',
      origin: 'https://o.test/media',
      mirrors: [],
      playlists: true,
      keys: false,
      enabled: true,
    });
  });

  test.each([
    [{ agents: 'http://a.test' }, ['option-invalid', 'no-agents-given']],
    [
      { agents: ['ftp://a.test', 7, null] },
      ['option-invalid', 'option-invalid', 'option-invalid', 'no-agents-given'],
    ],
    [{ bootstrap: 'http://a.test/some/path' }, ['option-invalid', 'no-agents-given']],
    [{ bootstrap: 'http://a.test:99999' }, ['option-invalid', 'no-agents-given']],
    [{ bootstrap: 'http://a.test', origin: '/media' }, ['option-invalid']],
    [{ bootstrap: 'http://a.test', origin: 'http://o.test/?x=1' }, ['option-invalid']],
    [{ bootstrap: 'http://a.test', playlists: 'yes' }, ['option-invalid']],
    [{ bootstrap: 'http://a.test', agent: [] }, ['option-unknown']],
    [{}, ['no-agents-given']],
    [undefined, ['option-invalid', 'no-agents-given']],
    ['http://a.test', ['option-invalid', 'no-agents-given']],
  ])('%j is told by %j and left out', (options, expected) => {
    expect(codes(options)).toEqual(expected);
  });

  test('a message says what was expected and what came', () => {
    expect(checkOptions({ playlists: 'yes', bootstrap: 'http://a.test' }).problems[0]?.message).toBe(
      'playlists: expected true or false, got "yes": left out',
    );
  });
});
