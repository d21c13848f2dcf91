// The terminal's line, and numbers as people read them.

import { expect, test } from 'vitest';
import { bytesText, shareText } from '../../demo/bytes.ts';
import type { Status } from '../../demo/status.ts';
import { StatusLine } from '../../demo/status-line.ts';

function status(upS: number): Status {
  return {
    upS,
    origin: { url: 'http://origin.test', bytesPerS: 0, fetchesPerS: 0 },
    totals: {
      requests: 1_234,
      requestsPerS: 0,
      viewerBytes: 24_100_000,
      viewerBytesPerS: 0,
      peerBytes: 5_000_000,
      peerBytesPerS: 0,
      originFetches: 77,
      originPlaylists: 0,
      originBytes: 6_000_000,
      offload: 0.751,
    },
    regions: [],
    agents: [{ state: 'running' }, { state: 'dead' }] as unknown as Status['agents'],
    flows: [],
    viewers: 3,
  };
}

function terminal(isTTY: boolean): { out: NodeJS.WriteStream; written: string[] } {
  const written: string[] = [];
  const out = { isTTY, columns: 200, write: (text: string) => written.push(text) };
  return { out: out as unknown as NodeJS.WriteStream, written };
}

const LINE =
  '7 s  agents 1/2  player requests 1234  offload 75.1 %  origin 77 fetches 6.0 MB  peers 5.0 MB  players 24.1 MB  viewers 3';

test('on a terminal the line is rewritten in place', () => {
  const { out, written } = terminal(true);
  const line = new StatusLine(out);
  line.show(status(7.2));
  line.show(status(7.9));
  expect(written).toEqual([`\r${LINE}\x1b[K`, `\r${LINE}\x1b[K`]);
});

test('what is said in between starts on a clean line', () => {
  const { out, written } = terminal(true);
  const line = new StatusLine(out);
  line.show(status(7));
  line.say('an agent died');
  expect(written.slice(1)).toEqual(['\r\x1b[K', 'an agent died\n']);
});

test('without a terminal there is a plain line every five seconds', () => {
  const { out, written } = terminal(false);
  const line = new StatusLine(out);
  for (let second = 1; second <= 11; second += 1) line.show(status(second));
  expect(written.map((text) => Number.parseInt(text, 10))).toEqual([1, 6, 11]);
});

test('bytes and shares are short', () => {
  expect([0, 999, 1_000, 24_149_000, 999_960, 3.2e12].map(bytesText)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '24.1 MB',
    '1.0 MB',
    '3.2 TB',
  ]);
  expect([shareText(undefined), shareText(0.9876)]).toEqual(['-', '98.8 %']);
});
