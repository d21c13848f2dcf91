// The picture of the last minute as two SVG paths: a bar for each step, agents' bytes at the foot, the origin's above.
//
// Two paths and not a hundred rectangles: the element redraws each second beside a video that must not drop frames.
// Pure: strings out of numbers.

import { STEPS_MAX, type Step } from './history.ts';

export const CHART_HEIGHT: number = 24;
/** Of a step's width. */
const BAR = 0.8;

export interface ChartPaths {
  readonly agent: string;
  readonly origin: string;
}

/** The newest step is at the right edge, the highest bar as high as the picture. */
export function chartPaths(steps: readonly Step[]): ChartPaths {
  const most = Math.max(1, ...steps.map((step) => step.agentBytes + step.originBytes));
  const high = (bytes: number): number => Math.round((bytes / most) * CHART_HEIGHT * 100) / 100;
  const paths = { agent: '', origin: '' };
  steps.forEach((step, index) => {
    const x = STEPS_MAX - steps.length + index;
    const agent = high(step.agentBytes);
    paths.agent += bar(x, CHART_HEIGHT, agent);
    paths.origin += bar(x, CHART_HEIGHT - agent, high(step.originBytes));
  });
  return paths;
}

function bar(x: number, foot: number, height: number): string {
  return height === 0 ? '' : `M${x} ${foot}v${-height}h${BAR}v${height}z`;
}
