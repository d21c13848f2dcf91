import { expect, test } from 'vitest';
import { audience, flashCrowd } from '../../bench/crowd.ts';

const CROWD = { viewers: 6, ports: [1, 2, 3], paths: ['/a', '/b'], withinMs: 600, goesOn: false };

test('viewers arrive evenly, and every server gets its share of the early and the late', () => {
  const { viewers } = flashCrowd(CROWD);
  expect(viewers.map(({ asks }) => asks.map(({ atMs }) => atMs))).toEqual([
    [0],
    [100],
    [200],
    [300],
    [400],
    [500],
  ]);
  expect(viewers.map(({ ports }) => ports)).toEqual([[1], [2], [3], [1], [2], [3]]);
});

test('every object is asked for at every server', () => {
  const { viewers } = flashCrowd(CROWD);
  const asked = viewers.map(({ ports, asks }) => `${ports[0]}${asks[0]?.path}`);
  expect(new Set(asked)).toEqual(new Set(['1/a', '2/a', '3/a', '1/b', '2/b', '3/b']));
});

test('a viewer that goes on has all the other servers behind its own, each once', () => {
  const { viewers } = flashCrowd({ ...CROWD, goesOn: true });
  expect(viewers.slice(0, 3).map(({ ports }) => ports)).toEqual([
    [1, 2, 3],
    [2, 3, 1],
    [3, 1, 2],
  ]);
});

test('an audience asks for every segment once it is there', () => {
  const { viewers } = audience({ ...CROWD, segmentMs: 2_000 });
  expect(viewers[3]?.asks).toEqual([
    { atMs: 300, path: '/a' },
    { atMs: 2_300, path: '/b' },
  ]);
});
