// What the origin counts.
import { describe, expect, it } from 'vitest';
import { Counters, kindOf, pathLengthMax, pathsMax } from '../../../origin-stub/counters.ts';

function served(counters: Counters, path: string, bytes: number, status = 200): void {
  const counting = counters.begin(path);
  counting.bytes(bytes);
  counting.done(status);
}

describe('the counters', () => {
  it('count requests and bytes by path, by kind and in all', () => {
    const counters = new Counters();
    served(counters, '/vod/360p/seg-0.m4s', 100);
    served(counters, '/vod/360p/seg-0.m4s', 50, 206);
    served(counters, '/vod/master.m3u8', 7);
    const report = counters.report();
    expect(report.total).toEqual({ requests: 3, bytes: 157 });
    expect(report.kinds.segment).toEqual({ requests: 2, bytes: 150 });
    expect(report.kinds.playlist).toEqual({ requests: 1, bytes: 7 });
    expect(report.kinds.part).toEqual({ requests: 0, bytes: 0 });
    expect(report.statuses).toEqual({ 200: 2, 206: 1 });
    expect(report.paths['/vod/360p/seg-0.m4s']).toEqual({ requests: 2, bytes: 150, concurrentMax: 1 });
  });

  it('know how many requests were open at once, in all and for one path', () => {
    const counters = new Counters();
    const open = ['/a', '/a', '/b'].map((path) => counters.begin(path));
    open[0]?.done(200);
    const last = counters.begin('/a');
    expect(counters.report()).toMatchObject({ concurrent: 3, concurrentMax: 3 });
    expect(counters.report().paths['/a']?.concurrentMax).toBe(2);
    for (const counting of [...open.slice(1), last]) counting.done(200);
    expect(counters.report()).toMatchObject({ concurrent: 0, concurrentMax: 3 });
  });

  it('count what faults hit', () => {
    const counters = new Counters();
    counters.begin('/a').faulted();
    expect(counters.report().faulted).toBe(1);
  });

  it('start over on reset, without losing track of what is still open', () => {
    const counters = new Counters();
    const open = counters.begin('/a');
    served(counters, '/b', 5);
    counters.reset();
    expect(counters.report()).toMatchObject({ total: { requests: 0, bytes: 0 }, paths: {}, statuses: {} });
    expect(counters.report()).toMatchObject({ concurrent: 1, concurrentMax: 1 });
    open.bytes(9);
    open.done(200);
    expect(counters.report()).toMatchObject({ total: { requests: 0, bytes: 0 }, concurrent: 0 });
  });

  it('hand out a copy', () => {
    const counters = new Counters();
    const report = counters.report();
    served(counters, '/a', 1);
    expect(report.total.requests).toBe(0);
  });

  it('have rows for a bounded number of paths of bounded length, and totals for all', () => {
    const counters = new Counters();
    served(counters, `/${'x'.repeat(pathLengthMax)}`, 1);
    expect(counters.report()).toMatchObject({ paths: {}, requestsWithoutPath: 1 });
    expect(Object.keys(counters.report().paths)).toEqual([]);
    for (let index = 0; index < pathsMax + 3; index += 1) served(counters, `/${index}`, 1);
    served(counters, '/5', 1);
    const report = counters.report();
    expect(Object.keys(report.paths)).toHaveLength(pathsMax);
    expect(report.requestsWithoutPath).toBe(4);
    expect(report.total.requests).toBe(pathsMax + 5);
    expect(report.paths['/5']?.requests).toBe(2);
  });
});

describe('the kind of a path', () => {
  it('is read from the path alone', () => {
    const kinds = {
      '/ll/360p/index.m3u8': 'playlist',
      '/synthetic-vod/3x5/index.m3u8': 'playlist',
      '/synthetic-vod/3x5/seg-1.m4s': 'synthetic',
      '/synthetic/5/a': 'synthetic',
      '/live/360p/init.mp4': 'init',
      '/live/360p/seg-12.m4s': 'segment',
      '/vod-ts/180p/seg-12.ts': 'segment',
      '/ll/360p/seg-12.3.m4s': 'part',
      '/vod-aes/key.bin': 'key',
      '/favicon.ico': 'other',
    };
    for (const [path, kind] of Object.entries(kinds)) expect(kindOf(path)).toBe(kind);
  });
});
