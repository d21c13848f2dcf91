// Players' beacons on a real socket: what is taken is counted, what is not is refused, and the edge sees neither.
import { expect, test } from 'vitest';
import { BEACON_PATH } from '../../agent/wire/beacon.ts';
import { BEACON_BYTES_MAX } from '../../agent/wire/limits.ts';
import { stands } from './player-api-client.ts';

const { start } = stands();

const GOOD = {
  version: 1,
  periodMs: 30_000,
  sums: { agentBytes: 900, originBytes: 100, wastedBytes: 7, stalls: 1 },
  fallbacks: { 'slow-start': 2, cut: 1 },
  measures: { bl: 12_000 },
};

async function posting(body: string, init: RequestInit = {}) {
  const made = await start();
  const url = `http://127.0.0.1:${made.player.port}${BEACON_PATH}`;
  const answer = await fetch(url, { method: 'POST', body, ...init });
  return { made, answer };
}

test('a beacon is counted and answered with nothing, for any page', async () => {
  const { made, answer } = await posting(JSON.stringify(GOOD));
  expect(answer.status).toBe(204);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(made.counts).toMatchObject({
    'beacons.taken': 1,
    'beacon_bytes.agent': 900,
    'beacon_bytes.origin': 100,
    'beacon_bytes.wasted': 7,
    beacon_stalls: 1,
    'beacon_fallbacks.slow-start': 2,
    'beacon_fallbacks.cut': 1,
    'beacon_fallbacks.busy': 0,
    'rejected.http': 0,
  });
  expect(made.asked).toEqual([]);
});

test.each([
  ['says more than it should', JSON.stringify({ ...GOOD, sid: 'viewer-7' }), 400],
  ['claims too much', JSON.stringify({ ...GOOD, sums: { stalls: 1e9 } }), 400],
  ['is no JSON', 'hello', 400],
  ['is empty', '', 400],
  ['is too long', 'x'.repeat(BEACON_BYTES_MAX + 1), 413],
])('one that %s is refused and counts for nothing', async (_what, body, status) => {
  const { made, answer } = await posting(body);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('ringcast-error')).toBe('bad-request');
  expect(made.counts).toMatchObject({ 'beacons.taken': 0, beacon_stalls: 0, 'rejected.http': 1 });
  expect(made.asked).toEqual([]);
});

test('it can be posted, and nothing else', async () => {
  const made = await start();
  const answer = await fetch(`http://127.0.0.1:${made.player.port}${BEACON_PATH}`);
  expect(answer.status).toBe(405);
  expect(answer.headers.get('allow')).toBe('POST');
  expect(made.asked).toEqual([]);
});
