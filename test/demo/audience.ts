// The headless viewers together: who watches where, what they got from whom, and whether the bytes were right.
//
// Regions have viewers in proportion to their agents; most have a large screen, every third a small one, so all renditions are watched.
// Each object that came is compared with the origin's own bytes, asked for directly, once per object. Those requests
// are counted in `own`, so that they can be taken off the origin's counts.

import { setTimeout as sleep } from 'node:timers/promises';
import type { OriginCounts } from './ledger.ts';
import { Nearby } from './nearby.ts';
import { digest, type Got, Viewer, whole } from './viewer.ts';

export interface AudienceOptions {
  readonly viewers: number;
  readonly originUrl: string;
  /** Base URLs of the agents of each region, in the order of the regions. */
  readonly regions: readonly { readonly id: string; readonly agents: readonly string[] }[];
}

export interface AudienceReport {
  readonly requests: number;
  readonly failedRequests: number;
  /** Why, of the first few. */
  readonly failures: readonly string[];
  readonly stalls: number;
  readonly originBytes: number;
  /** By the agent's base URL. */
  readonly agentBytes: ReadonlyMap<string, number>;
  /** Objects, by the path at the origin, whose bytes were other than the origin's. */
  readonly wrongObjects: readonly string[];
  /** Bytes received in such objects. */
  readonly wrongBytes: number;
  /** Objects of which the origin did not give its own bytes, so that nothing can be said. */
  readonly unchecked: readonly string[];
  /** Live segments' paths at the origin, each with the number of regions whose viewers asked for it. */
  readonly regionsOfSegment: ReadonlyMap<string, number>;
  /** Requests for a path that the comparison made. */
  readonly ownRequests: ReadonlyMap<string, number>;
}

/** Screens: index of the best rendition, counted from the lowest. */
const SCREENS = [2, 2, 2, 1, 2, 0] as const;
/** Viewers arrive over so long. */
const ARRIVAL_MS = 1_500;
const CHECK_MS_MAX = 8_000;
const CHECK_EVERY_MS = 100;
const FAILURES_KEPT = 5;

export class Audience {
  readonly #options: AudienceOptions;
  readonly #viewers: Viewer[] = [];
  readonly #stop = new AbortController();
  #viewing: Promise<unknown> = Promise.resolve();
  #checking: Promise<void> = Promise.resolve();
  /** Nothing more will come. */
  #over = false;
  #requests = 0;
  #failed = 0;
  readonly #failures: string[] = [];
  #originBytes = 0;
  readonly #agentBytes = new Map<string, number>();
  readonly #segments = new Map<string, Set<string>>();
  /** What came, by path and digest: bytes of all who got it so. */
  readonly #got = new Map<string, Map<string, number>>();
  /** The digest of the origin's own bytes by path; undefined where it gave none. */
  readonly #checked = new Map<string, string | undefined>();
  readonly #toCheck: string[] = [];
  #ownBytes = 0;
  #ownRequests = 0;

  constructor(options: AudienceOptions) {
    this.#options = options;
  }

  get watching(): number {
    return this.#stop.signal.aborted ? 0 : this.#viewers.length;
  }

  start(): void {
    const { viewers, regions, originUrl } = this.#options;
    const homes = regions.flatMap((region) => region.agents.map((_, at) => ({ ...region, at })));
    homes.sort((a, b) => (a.at + 0.5) / a.agents.length - (b.at + 0.5) / b.agents.length);
    for (let i = 0; i < viewers; i += 1) {
      const home = homes[i % homes.length];
      if (home === undefined) continue;
      const { id, agents, at: first } = home;
      const round = this.#viewers.filter(({ region }) => region === id).length;
      this.#viewers.push(
        new Viewer({
          url: `${originUrl}/live/master.m3u8`,
          region: id,
          bestVariant: SCREENS[round % SCREENS.length] ?? 0,
          nearby: new Nearby([...agents.slice(first), ...agents.slice(0, first)]),
          stop: this.#stop.signal,
          onGot: (got) => this.#take(got),
          onFailed: (url, reason) => this.#fail(url, reason),
        }),
      );
    }
    const gapMs = ARRIVAL_MS / viewers;
    this.#viewing = Promise.all(
      this.#viewers.map(async (viewer, i) => {
        await sleep(i * gapMs);
        await viewer.watch();
      }),
    );
    this.#checking = this.#check();
  }

  /** What the comparison asked of the origin. */
  own(): OriginCounts {
    return { mediaRequests: this.#ownRequests, playlistRequests: 0, bytes: this.#ownBytes };
  }

  /** Viewers ask for nothing more. */
  leave(): void {
    this.#stop.abort();
  }

  /** Lets the viewers finish what they fetch, and compares what is left. */
  async end(): Promise<AudienceReport> {
    this.leave();
    await this.#viewing;
    this.#over = true;
    await this.#checking;
    const wrong = this.#wrong();
    return {
      requests: this.#requests,
      failedRequests: this.#failed,
      failures: this.#failures,
      stalls: this.#viewers.reduce((sum, viewer) => sum + viewer.playback.stalls, 0),
      originBytes: this.#originBytes,
      agentBytes: this.#agentBytes,
      wrongObjects: wrong.map(({ path }) => path),
      wrongBytes: wrong.reduce((sum, { bytes }) => sum + bytes, 0),
      unchecked: [...this.#got.keys()].filter((path) => this.#checked.get(path) === undefined),
      regionsOfSegment: new Map([...this.#segments].map(([path, regions]) => [path, regions.size])),
      ownRequests: new Map([...this.#checked.keys()].map((path) => [path, 1])),
    };
  }

  #take(got: Got): void {
    this.#requests += 1;
    if (got.agent === undefined) this.#originBytes += got.bytes;
    else add(this.#agentBytes, got.agent, got.bytes);
    if (got.kind === 'playlist') return;
    const path = new URL(got.url).pathname;
    if (got.kind === 'segment') {
      const regions = this.#segments.get(path) ?? new Set();
      this.#segments.set(path, regions.add(got.region));
    }
    let versions = this.#got.get(path);
    if (versions === undefined) {
      versions = new Map();
      this.#got.set(path, versions);
      this.#toCheck.push(path);
    }
    add(versions, got.sha256, got.bytes);
  }

  #fail(url: string, reason: string): void {
    this.#requests += 1;
    this.#failed += 1;
    if (this.#failures.length < FAILURES_KEPT) this.#failures.push(`${url}: ${reason}`);
  }

  #wrong(): { readonly path: string; readonly bytes: number }[] {
    return [...this.#got].flatMap(([path, versions]) => {
      const right = this.#checked.get(path);
      if (right === undefined) return [];
      const bytes = [...versions].reduce((sum, [sha256, got]) => sum + (sha256 === right ? 0 : got), 0);
      return bytes === 0 ? [] : [{ path, bytes }];
    });
  }

  /** Along the way, because a live segment is at the origin for less than a minute. */
  async #check(): Promise<void> {
    const { originUrl } = this.#options;
    for (;;) {
      const path = this.#toCheck.shift();
      if (path === undefined) {
        if (this.#over) return;
        await sleep(CHECK_EVERY_MS);
        continue;
      }
      const body = await whole(originUrl + path, CHECK_MS_MAX);
      const bytes = typeof body === 'string' ? 0 : body.length;
      this.#checked.set(path, typeof body === 'string' ? undefined : digest(body));
      this.#ownRequests += 1;
      this.#ownBytes += bytes;
    }
  }
}

function add(sums: Map<string, number>, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}
