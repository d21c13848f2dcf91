// A headless viewer: follows a stream as a player would, at the pace of playback, and tells of everything it got.
//
// Multivariant playlist, media playlist, initialization section, then segment after segment, three behind the live
// edge at first, as far ahead as its buffer allows; the rendition by the rate that it measures and the size of its
// screen. It asks near agents first and the origin last, and takes no answer that is not whole.
// It decodes nothing. Time and waiting are the real ones: it exists to load real agents.

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Nearby } from './nearby.ts';
import { Playback } from './playback.ts';
import {
  type MediaPlaylist,
  nextSegment,
  parseMedia,
  parseMultivariant,
  type Segment,
  type Variant,
} from './playlist.ts';

export interface ViewerOptions {
  /** The multivariant playlist, at the origin. */
  readonly url: string;
  readonly region: string;
  /** Best rendition that its screen can show, counted from the lowest. */
  readonly bestVariant: number;
  readonly nearby: Nearby;
  readonly stop: AbortSignal;
  readonly onGot: (got: Got) => void;
  /** Neither an agent nor the origin gave it. */
  readonly onFailed: (url: string, reason: string) => void;
}

export interface Got {
  /** At the origin. */
  readonly url: string;
  readonly kind: 'playlist' | 'init' | 'segment';
  readonly region: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Base URL of the agent, or undefined for the origin. */
  readonly agent: string | undefined;
}

const AGENT_MS_MAX = 4_000;
const ORIGIN_MS_MAX = 8_000;
/** Pause after something could not be had from anyone. */
const RETRY_MS = 1_000;

export class Viewer {
  readonly playback: Playback = new Playback();
  readonly #options: ViewerOptions;
  readonly #inits = new Set<string>();

  constructor(options: ViewerOptions) {
    this.#options = options;
  }

  get region(): string {
    return this.#options.region;
  }

  /** Watches until told to stop; what is being fetched then is finished first. A stream that ends starts over. */
  async watch(): Promise<void> {
    const { stop } = this.#options;
    let variants: readonly Variant[] = [];
    while (!stop.aborted) {
      await this.#options.nearby.refresh(performance.now());
      try {
        if (variants.length === 0) {
          variants = parseMultivariant(await this.#text(this.#options.url), this.#options.url);
        }
        await this.#play(variants);
      } catch (error) {
        if (!(error instanceof NotHad)) throw error;
        await this.#wait(RETRY_MS);
      }
    }
  }

  async #play(variants: readonly Variant[]): Promise<void> {
    const { stop, bestVariant, nearby } = this.#options;
    let variant: Variant | undefined;
    let playlist: MediaPlaylist | undefined;
    let last: number | undefined;
    while (!stop.aborted) {
      await nearby.refresh(performance.now());
      const chosen = this.playback.choose(variants, bestVariant);
      if (chosen === undefined) throw new Error(`${this.#options.url} names no renditions`);
      if (chosen !== variant) playlist = undefined;
      variant = chosen;
      const segment = playlist === undefined ? undefined : nextSegment(playlist, last);
      if (segment !== undefined) {
        await this.#wait(this.playback.roomInMs(performance.now()));
        if (stop.aborted) return;
        await this.#fetchSegment(segment);
        last = segment.sequence;
        continue;
      }
      if (playlist?.ended) return;
      // Half a target duration after a playlist that had nothing new: RFC 8216, 6.3.4.
      if (playlist !== undefined) await this.#wait((playlist.targetDurationS * 1000) / 2);
      if (stop.aborted) return;
      playlist = parseMedia(await this.#text(variant.url), variant.url);
    }
  }

  async #fetchSegment(segment: Segment): Promise<void> {
    const { initUrl } = segment;
    if (initUrl !== undefined && !this.#inits.has(initUrl)) {
      await this.#get(initUrl, 'init');
      this.#inits.add(initUrl);
    }
    const startMs = performance.now();
    const body = await this.#get(segment.url, 'segment');
    const nowMs = performance.now();
    this.playback.measured(body.length, nowMs - startMs);
    this.playback.append(segment.durationS, nowMs);
  }

  async #text(url: string): Promise<string> {
    return (await this.#get(url, 'playlist')).toString('utf8');
  }

  /** @throws NotHad where nobody has it */
  async #get(url: string, kind: Got['kind']): Promise<Buffer> {
    const { nearby, onGot, onFailed, region } = this.#options;
    for (const { agent, url: agentUrl } of nearby.ranked(url, performance.now())) {
      const body = await whole(agentUrl, AGENT_MS_MAX);
      if (typeof body !== 'string') {
        onGot({ url, kind, region, agent, bytes: body.length, sha256: digest(body) });
        return body;
      }
      nearby.failed(agent, performance.now());
    }
    const body = await whole(url, ORIGIN_MS_MAX);
    if (typeof body !== 'string') {
      onGot({ url, kind, region, agent: undefined, bytes: body.length, sha256: digest(body) });
      return body;
    }
    onFailed(url, body);
    throw new NotHad(`${url}: ${body}`);
  }

  async #wait(ms: number): Promise<void> {
    if (ms <= 0) return;
    const { stop } = this.#options;
    await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
  }
}

class NotHad extends Error {}

export function digest(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

/** @returns the whole body, or why there is none */
export async function whole(url: string, msMax: number): Promise<Buffer | string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(msMax) });
    const body = Buffer.from(await response.arrayBuffer());
    if (response.status !== 200) return `status ${response.status}`;
    const length = response.headers.get('content-length');
    // fetch itself refuses a body shorter than its length.
    return length === null || Number(length) === body.length ? body : `${body.length} bytes of ${length}`;
  } catch (error) {
    return error instanceof Error ? `${error.message}${causeOf(error)}` : String(error);
  }
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? ` (${error.cause.message})` : '';
}
