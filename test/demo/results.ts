// What a run with headless viewers found: figures in the common format, and a table for the terminal.
//
// Origin fetches are from the origin's own counts by path, less what the comparison of bytes asked of it; only live
// segments that a viewer asked for count, once per region whose viewers asked.
// A figure that could not be measured is left out, with the reason beside it.

import type { Figure } from '../figures.ts';
import type { AudienceReport } from './audience.ts';
import { bytesText, shareText } from './bytes.ts';

export interface RunReport {
  readonly audience: AudienceReport;
  /** Base URL of every agent, with its name. */
  readonly agents: ReadonlyMap<string, string>;
  /** Requests that the origin counted, by path. */
  readonly originRequests: ReadonlyMap<string, number>;
  readonly startS: number;
  /** Rings above each other, from a leaf ring up to the world: the most of any agent. */
  readonly ringLevels: number;
}

export interface Results {
  readonly figures: readonly Figure[];
  /** Why a figure is absent, a sentence each. */
  readonly absent: readonly string[];
}

export function resultsOf(report: RunReport): Results {
  const { audience, startS } = report;
  const { failedRequests, wrongBytes, unchecked } = audience;
  const figures: Figure[] = [];
  const absent: string[] = [];
  const fetches = fetchesPerPair(report);
  if (fetches === undefined)
    absent.push('demo.origin_fetches_per_segment_region: no viewer got a live segment');
  else
    figures.push({
      name: 'demo.origin_fetches_per_segment_region',
      value: fetches,
      unit: 'ratio',
      goal: '<= 1.05',
    });
  figures.push({ name: 'demo.failed_requests', value: failedRequests, unit: 'requests', goal: '= 0' });
  if (unchecked.length > 0) {
    absent.push(
      `demo.wrong_bytes: the origin did not give ${unchecked.length} objects to compare with, ${unchecked[0]} first`,
    );
  } else {
    figures.push({ name: 'demo.wrong_bytes', value: wrongBytes, unit: 'bytes', goal: '= 0' });
  }
  const bytes = viewerBytes(audience);
  if (bytes === 0) {
    absent.push('demo.agent_share, demo.min_agent_share_of_bytes: viewers got no bytes');
  } else {
    const least = Math.min(...[...report.agents.keys()].map((url) => audience.agentBytes.get(url) ?? 0));
    const share = 1 - audience.originBytes / bytes;
    figures.push({ name: 'demo.agent_share', value: share, unit: 'ratio', goal: '>= 0.95' });
    figures.push({
      name: 'demo.min_agent_share_of_bytes',
      value: least / bytes,
      unit: 'ratio',
      goal: '>= 0.03',
    });
  }
  figures.push({ name: 'demo.ring_levels', value: report.ringLevels, unit: 'levels', goal: '>= 2' });
  figures.push({ name: 'demo.start_s', value: startS, unit: 's' });
  return { figures, absent };
}

/** @returns lines: each agent's part, then the sums */
export function tableOf({ audience, agents }: RunReport): string[] {
  const bytes = viewerBytes(audience);
  const rows = [...agents].map(([url, name]) => [name, audience.agentBytes.get(url) ?? 0] as const);
  const widest = Math.max(...rows.map(([, sum]) => sum), 1);
  const line = (name: string, sum: number): string =>
    `  ${name.padEnd(10)} ${bytesText(sum).padStart(9)} ${shareText(sum / Math.max(1, bytes)).padStart(7)}  ` +
    '#'.repeat(Math.round((24 * sum) / widest));
  return [
    '  from         bytes    part',
    ...rows.map(([name, sum]) => line(name, sum)),
    line('origin', audience.originBytes),
    `  viewers made ${audience.requests} requests and got ${bytesText(bytes)}; playback stood still ${audience.stalls} times`,
  ];
}

/** @returns undefined where no viewer got a live segment */
function fetchesPerPair({ audience, originRequests }: RunReport): number | undefined {
  let fetches = 0;
  let pairs = 0;
  for (const [path, regions] of audience.regionsOfSegment) {
    fetches += (originRequests.get(path) ?? 0) - (audience.ownRequests.get(path) ?? 0);
    pairs += regions;
  }
  return pairs === 0 ? undefined : fetches / pairs;
}

function viewerBytes(audience: AudienceReport): number {
  return [...audience.agentBytes.values()].reduce((sum, bytes) => sum + bytes, audience.originBytes);
}
