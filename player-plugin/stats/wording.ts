// What the overlay says, in words: numbers with their units, and the sentence that stands for the picture where it
// cannot be seen.

import { agentShareOf, type Step } from './history.ts';

export function bytesText(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

export function rateText(bitsPerSecond: number | undefined): string {
  return bitsPerSecond === undefined ? '–' : `${(bitsPerSecond / 1e6).toFixed(1)} Mb/s`;
}

export function shareText(share: number | undefined): string {
  return share === undefined ? '–' : `${Math.floor(share * 100)} %`;
}

/** For who does not see the picture. */
export function pictureText(steps: readonly Step[]): string {
  const sum = steps.reduce(
    (all, step) => ({
      agentBytes: all.agentBytes + step.agentBytes,
      originBytes: all.originBytes + step.originBytes,
    }),
    { agentBytes: 0, originBytes: 0 },
  );
  const { agentBytes, originBytes } = sum;
  if (agentBytes + originBytes === 0) return 'Last minute: nothing was loaded';
  const share = shareText(agentShareOf(sum));
  return `Last minute: ${bytesText(agentBytes)} from agents, ${bytesText(originBytes)} from the origin, ${share} from agents`;
}
