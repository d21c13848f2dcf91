// The counters that matter, each with its last minute behind it.

import { bytesText, shareText } from '../bytes.ts';
import type { Status } from '../status.ts';
import { html, svg } from './element.ts';

interface Tile {
  readonly title: string;
  /** Names the colour. */
  readonly tone: 'viewers' | 'peers' | 'origin';
  readonly big: (status: Status) => string;
  readonly small: (status: Status) => string;
  /** What the curve follows. */
  readonly rate: (status: Status) => number;
}

const HISTORY = 60;

const TILES: readonly Tile[] = [
  {
    title: 'Offload',
    tone: 'viewers',
    big: ({ totals }) => shareText(totals.offload),
    small: () => 'of the bytes that players got',
    rate: ({ totals }) => totals.offload ?? 0,
  },
  {
    title: 'Players got',
    tone: 'viewers',
    big: ({ totals }) => bytesText(totals.viewerBytes),
    small: ({ totals }) => `${bytesText(totals.viewerBytesPerS)}/s`,
    rate: ({ totals }) => totals.viewerBytesPerS,
  },
  {
    title: 'Player requests',
    tone: 'viewers',
    big: ({ totals }) => totals.requests.toLocaleString('en'),
    small: ({ totals, viewers }) =>
      `${totals.requestsPerS.toFixed(0)}/s${viewers > 0 ? `, ${viewers} headless viewers` : ''}`,
    rate: ({ totals }) => totals.requestsPerS,
  },
  {
    title: 'Between agents',
    tone: 'peers',
    big: ({ totals }) => bytesText(totals.peerBytes),
    small: ({ totals }) => `${bytesText(totals.peerBytesPerS)}/s`,
    rate: ({ totals }) => totals.peerBytesPerS,
  },
  {
    title: 'From the origin',
    tone: 'origin',
    big: ({ totals }) => bytesText(totals.originBytes),
    small: ({ totals }) => `${totals.originFetches} media, ${totals.originPlaylists} playlist fetches`,
    rate: ({ origin }) => origin.bytesPerS,
  },
];

export class Tiles {
  readonly #shown: ((status: Status) => void)[];

  constructor(into: HTMLElement) {
    this.#shown = TILES.map((tile) => {
      const big = html('strong', {}, '-');
      const small = html('p', {}, '');
      const area = svg('path', { class: 'area' });
      const edge = svg('path', { class: 'edge' });
      const curve = svg('svg', { viewBox: `0 0 ${HISTORY - 1} 40`, preserveAspectRatio: 'none' }, area, edge);
      curve.setAttribute('aria-hidden', 'true');
      into.append(html('div', { class: `tile ${tile.tone}` }, html('h3', {}, tile.title), big, small, curve));
      const history: number[] = [];
      return (status) => {
        big.textContent = tile.big(status);
        small.textContent = tile.small(status);
        history.push(tile.rate(status));
        if (history.length > HISTORY) history.shift();
        const line = curveOf(history);
        edge.setAttribute('d', line);
        area.setAttribute('d', line === '' ? '' : `${line} V 40 H ${HISTORY - history.length} Z`);
      };
    });
  }

  show(status: Status): void {
    for (const show of this.#shown) show(status);
  }
}

/** @returns an SVG path that ends at the right edge; empty for fewer than two values */
function curveOf(values: readonly number[]): string {
  if (values.length < 2) return '';
  const most = Math.max(...values, 1e-9);
  const points = values.map((value, i) => {
    const x = HISTORY - values.length + i;
    return `${x} ${(38 - (value / most) * 30).toFixed(1)}`;
  });
  return `M ${points.join(' L ')}`;
}
