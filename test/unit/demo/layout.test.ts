// Where the ring map puts agents and rings, for every shape that the demo's rings can take.

import { expect, test } from 'vitest';
import { HEIGHT, layoutOf, WIDTH } from '../../demo/page/layout.ts';

const REGIONS = [{ id: 'eu' }, { id: 'us' }, { id: 'asia' }];

function laidOut(...europe: readonly number[]): ReturnType<typeof layoutOf> {
  const rings: [string, string, number][] = [
    ...europe.map((count, i): [string, string, number] => ['eu', `eu-${i}`, count]),
    ['us', 'us', 2],
    ['asia', 'asia', 2],
  ];
  const agents = rings.flatMap(([region, ring, count]) =>
    Array.from({ length: count }, () => ({ region, ring })),
  );
  return layoutOf(
    REGIONS,
    agents.map((agent, index) => ({ ...agent, index })),
  );
}

const SHAPES = [[8], [4, 4], [5, 3], [7, 1], [3, 3, 2], [1, 1, 1, 1, 1, 1, 1, 1]];

test.each(SHAPES.map((shape) => [shape]))('with %j in Europe no two agents or names overlap', (shape) => {
  const { agents } = laidOut(...shape);
  const boxes = [...agents.values()].flatMap(({ at, label }) => {
    const x = at.x + label.x - { start: 0, middle: 32, end: 64 }[label.anchor];
    const y = at.y + label.y;
    return [
      { left: at.x - 11, right: at.x + 11, top: at.y - 11, bottom: at.y + 11 },
      { left: x, right: x + 64, top: y - 10, bottom: y + 15 },
    ];
  });
  expect(boxes).toHaveLength(24);
  for (const [i, a] of boxes.entries()) {
    expect(a.left > 0 && a.right < WIDTH && a.top > 0 && a.bottom < HEIGHT, JSON.stringify(a)).toBe(true);
    for (const b of boxes.slice(i + 1)) {
      const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
      expect(apart, JSON.stringify([a, b])).toBe(true);
    }
  }
});

test('a region of several leaf rings has a ring around them, one of a single leaf ring has none', () => {
  const { regions, leaves } = laidOut(4, 4);
  expect(regions.get('us')?.box).toBeUndefined();
  const { at, box } = regions.get('eu') ?? {};
  for (const ring of ['eu-0', 'eu-1']) {
    const leaf = leaves.get(ring);
    const reach = Math.abs((leaf?.at.x ?? 0) - (at?.x ?? 0)) + (leaf?.radius ?? 0);
    expect(reach).toBeLessThan((box?.width ?? 0) / 2);
  }
});
