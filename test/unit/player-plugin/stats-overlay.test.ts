// What the overlay shows: the last minute as bars, and the same in words. The element itself is in test/browser.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHART_HEIGHT, chartPaths } from '../../../player-plugin/stats/chart.ts';
import { STEPS_MAX, StatsHistory } from '../../../player-plugin/stats/history.ts';
import { bytesText, pictureText, rateText, shareText } from '../../../player-plugin/stats/wording.ts';
import { type RingcastStats, Tally } from '../../../player-plugin/tally.ts';

function stats(agent: number, origin: number): RingcastStats {
  const empty = new Tally().snapshot({ enabled: true, originBitsPerSecond: undefined, agents: [] });
  const segments = { agent: { requests: 1, bytes: agent }, origin: { requests: 1, bytes: origin } };
  return { ...empty, segments };
}

describe('the last minute', () => {
  test('begins at the first look: what came before is no step', () => {
    const history = new StatsHistory();
    history.add(stats(1_000, 500));
    expect(history.steps).toEqual([]);
    history.add(stats(1_300, 500));
    expect(history.steps).toEqual([{ agentBytes: 300, originBytes: 0 }]);
  });

  test('counts playlists and keys too', () => {
    const history = new StatsHistory();
    history.add(stats(0, 0));
    const more = stats(1, 2);
    history.add({ ...more, keys: more.segments, playlists: more.segments });
    expect(history.steps).toEqual([{ agentBytes: 3, originBytes: 6 }]);
  });

  test('keeps a minute', () => {
    const history = new StatsHistory();
    for (let i = 0; i < 3 * STEPS_MAX; i += 1) history.add(stats(i, 0));
    expect(history.steps).toHaveLength(STEPS_MAX);
  });

  test('begins anew where counters went back: that is another ring', () => {
    const history = new StatsHistory();
    for (const bytes of [0, 1_000, 10, 30]) history.add(stats(bytes, 0));
    expect(history.steps).toEqual([{ agentBytes: 20, originBytes: 0 }]);
  });
});

describe('the picture', () => {
  test('has agents at the foot, the origin above, the newest at the right', () => {
    const { agent, origin } = chartPaths([{ agentBytes: 75, originBytes: 25 }]);
    expect(agent).toBe(`M59 ${CHART_HEIGHT}v-18h0.8v18z`);
    expect(origin).toBe('M59 6v-6h0.8v6z');
  });

  test('has no bar where nothing came', () => {
    expect(chartPaths([{ agentBytes: 0, originBytes: 0 }])).toEqual({ agent: '', origin: '' });
  });

  test('stays within its frame, whatever came', () => {
    const bytes = fc.nat(1e12);
    fc.assert(
      fc.property(fc.array(fc.tuple(bytes, bytes), { maxLength: STEPS_MAX }), (steps) => {
        const paths = chartPaths(steps.map(([agentBytes, originBytes]) => ({ agentBytes, originBytes })));
        for (const [, x, foot, height] of `${paths.agent}${paths.origin}`.matchAll(
          /M(\S+) (\S+)v-(\S+?)h/g,
        )) {
          expect(Number(x)).toBeGreaterThanOrEqual(0);
          expect(Number(x)).toBeLessThan(STEPS_MAX);
          expect(Number(foot) - Number(height)).toBeGreaterThanOrEqual(-0.02);
        }
      }),
    );
  });
});

describe('in words', () => {
  test.each([
    [500, '1 kB'],
    [999_400, '999 kB'],
    [1_500_000, '1.5 MB'],
    [2_340_000_000, '2.34 GB'],
  ])('%i bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

  test('what is unknown is a dash, and a share is never rounded up to all', () => {
    expect([rateText(undefined), shareText(undefined)]).toEqual(['–', '–']);
    expect([rateText(2_500_000), shareText(0.999)]).toEqual(['2.5 Mb/s', '99 %']);
  });

  test('the picture is a sentence', () => {
    expect(pictureText([])).toBe('Last minute: nothing was loaded');
    expect(pictureText([{ agentBytes: 3e6, originBytes: 1e6 }])).toBe(
      'Last minute: 3.0 MB from agents, 1.0 MB from the origin, 75 % from agents',
    );
  });
});

test('on a server importing it does nothing, not even fail', () => {
  const index = fileURLToPath(new URL('../../../player-plugin/stats/index.ts', import.meta.url));
  const script = `const { defineRingcastStats } = await import(${JSON.stringify(index)});
    defineRingcastStats(); console.log(typeof HTMLElement);`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(out.trim()).toBe('undefined');
});
