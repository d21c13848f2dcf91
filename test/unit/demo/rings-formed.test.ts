// When the demo takes the rings as formed.

import { expect, test } from 'vitest';
import { ringsFormed } from '../../demo/rings-formed.ts';

type Seen = Parameters<typeof ringsFormed>[0][number];

function ring(region: string, name: string, members: number, ringLevels: number): Seen[] {
  return Array(members).fill({ region, ring: name, ringMembers: members, ringLevels });
}

const others = [...ring('us', 'u', 2, 2), ...ring('asia', 'a', 2, 2)];

test('two leaf rings below a region, and small regions of one ring each, are a formed polyring', () => {
  expect(ringsFormed([...ring('eu', 'e1', 4, 3), ...ring('eu', 'e2', 4, 3), ...others], 4)).toBe(true);
});

test('a ring that is yet to split, or rings that do not know what is above them, are not', () => {
  expect(ringsFormed([...ring('eu', 'e', 8, 3), ...others], 4)).toBe(false);
  expect(ringsFormed([...ring('eu', 'e1', 4, 2), ...ring('eu', 'e2', 4, 3), ...others], 4)).toBe(false);
});

test('nor are they while members differ about a ring, or one does not answer', () => {
  const silent: Seen = { region: 'us', ring: undefined, ringMembers: undefined, ringLevels: undefined };
  expect(ringsFormed([{ region: 'us', ring: 'u', ringMembers: 2, ringLevels: 2 }, silent], 4)).toBe(false);
  expect(ringsFormed([...others.slice(1)], 4)).toBe(false);
});
