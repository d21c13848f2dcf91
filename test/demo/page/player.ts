// The player: hls.js with the Ringcast plugin, as any page would put them together, and what it tells of itself.

import Hls from 'hls.js';
import type { FallbackReason, LoadEvent, Ringcast } from '../../../player-plugin/index.ts';
import { createRingcastIn } from '../../../player-plugin/ringcast.ts';
import { bytesText, shareText } from '../bytes.ts';
import { type Distances, distantWorld } from './distance.ts';
import { html } from './element.ts';

export interface Source {
  /** Multivariant playlist, at the origin. */
  readonly url: string;
  readonly originUrl: string;
  /** Base URLs of the region's agents. */
  readonly agents: readonly string[];
  /** From the viewer to every agent. */
  readonly distances: Distances;
}

const SEGMENTS_SHOWN = 9;

export class Player {
  readonly #video: HTMLVideoElement;
  readonly #onLoad: (load: LoadEvent) => void;
  readonly #cityOf: (agentUrl: string | undefined) => string | undefined;
  readonly #agentPart = html('i');
  readonly #originPart = html('i');
  readonly #facts = html('p', { class: 'facts' });
  readonly #segments = html('div', { class: 'segments' });
  /** Why agents were left, by URL, until the load is there. */
  readonly #reasons = new Map<string, FallbackReason>();
  #hls: Hls | undefined;
  #ring: Ringcast | undefined;

  constructor(
    parts: { video: HTMLVideoElement; into: HTMLElement },
    onLoad: (load: LoadEvent) => void,
    cityOf: (agentUrl: string | undefined) => string | undefined,
  ) {
    this.#video = parts.video;
    this.#onLoad = onLoad;
    this.#cityOf = cityOf;
    const share = html('div', { class: 'share' }, this.#agentPart, this.#originPart);
    const caption = html('p', { class: 'caption' }, 'Where the last segments came from');
    parts.into.append(share, this.#facts, caption, this.#segments);
    this.#emptySegments();
  }

  play(source: Source): void {
    this.#hls?.destroy();
    this.#ring?.destroy();
    this.#emptySegments();
    this.#reasons.clear();
    const ring = createRingcastIn(distantWorld(source.distances), {
      agents: source.agents,
      origin: source.originUrl,
      playlists: true,
    });
    const hls = new Hls({ ...ring.hlsConfig });
    ring.attach(hls);
    ring.on('fallback', ({ url, reason }) => this.#reasons.set(url, reason));
    ring.on('load', (load) => {
      if (load.kind !== 'segment') return;
      this.#showSegment(load);
      this.#onLoad(load);
    });
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      // A browser that wants a click first leaves the controls to give it.
      this.#video.play().catch(() => undefined);
    });
    hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
      if (!fatal) return;
      if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else setTimeout(() => this.#hls === hls && this.play(source), 2_000);
    });
    hls.loadSource(source.url);
    hls.attachMedia(this.#video);
    this.#hls = hls;
    this.#ring = ring;
  }

  /** Call now and then: what it has got and how far it is. */
  show(): void {
    const hls = this.#hls;
    const ring = this.#ring;
    if (hls === undefined || ring === undefined) return;
    const { segments } = ring.stats;
    const bytes = segments.agent.bytes + segments.origin.bytes;
    const share = bytes === 0 ? undefined : segments.agent.bytes / bytes;
    this.#agentPart.style.width = `${100 * (share ?? 0)}%`;
    this.#originPart.style.width = `${100 * (share === undefined ? 0 : 1 - share)}%`;
    const level = hls.levels[hls.currentLevel];
    const facts: [string, string][] = [
      ['agents', `${shareText(share)} (${bytesText(segments.agent.bytes)})`],
      ['origin', bytesText(segments.origin.bytes)],
      ['picture', level === undefined ? '-' : `${level.height}p`],
      ['buffer', `${(hls.mainForwardBufferInfo?.len ?? 0).toFixed(1)} s`],
    ];
    if (hls.latestLevelDetails?.live) facts.push(['behind live', `${hls.latency.toFixed(1)} s`]);
    this.#facts.replaceChildren(
      ...facts.map(([name, value]) => html('span', {}, `${name} `, html('b', {}, value))),
    );
  }

  #showSegment({ url, source, agent, bytes, tookMs }: LoadEvent): void {
    const from = source === 'agent' ? (this.#cityOf(agent) ?? 'an agent') : 'the origin';
    const name = url.split('/').slice(-2).join('/');
    const reason = this.#reasons.get(url);
    this.#reasons.delete(url);
    const block = html('span', {
      title: `${name} from ${from}: ${bytesText(bytes)} in ${tookMs.toFixed(0)} ms${reason ? ` (after: ${reason})` : ''}`,
    });
    block.textContent = source === 'agent' ? from : 'origin';
    if (source === 'origin') block.className = 'from-origin';
    this.#segments.firstElementChild?.remove();
    this.#segments.append(block);
  }

  #emptySegments(): void {
    this.#segments.replaceChildren(
      ...Array.from({ length: SEGMENTS_SHOWN }, () => html('span', { class: 'none' })),
    );
  }
}
