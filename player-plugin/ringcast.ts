// `createRingcast`: a ring of agents beside one player (or several on a page), put together from the parts.
//
// Making one costs nothing and touches no global: discovery begins when its configuration is read or a player is
// attached. So a page may make it at module level, rendered on a server or not.

import type Hls from 'hls.js';
import type { Events, FragmentLoaderConstructor, HlsConfig, PlaylistLoaderConstructor } from 'hls.js';
import { IGNORED_QUERY_DEFAULT } from '../agent/wire/segment-name.ts';
import { AgentSet, type KnownAgent } from './agent-set.ts';
import type { LoadKind } from './desk.ts';
import { Discovery } from './discovery.ts';
import { Emitter, type Listener } from './emitter.ts';
import { checkOptions, type RingcastOptions, type Settings } from './options.ts';
import type { InnerLoader } from './origin-get.ts';
import { type Problem, problemText } from './problem.ts';
import { RingDesk } from './ring-desk.ts';
import { RingLoader } from './ring-loader.ts';
import type { RingcastEvents } from './ringcast-events.ts';
import { type AgentStats, type RingcastStats, Tally } from './tally.ts';
import { browserWorld, type World } from './world.ts';

/** What a ring adds to hls.js's configuration: nothing at all where no agent was named. */
export type RingcastHlsConfig = Partial<Pick<HlsConfig, 'fLoader' | 'pLoader'>>;

export interface Ringcast {
  /** For `new Hls({ ...ring.hlsConfig })`. */
  readonly hlsConfig: RingcastHlsConfig;
  /** A copy of the counters as they are now. */
  readonly stats: RingcastStats;
  /** For a player that exists already, and for any player to tell how much is buffered. Loaders that the page had
   *  configured stay the way to the origin. */
  attach(hls: Hls): void;
  on<K extends keyof RingcastEvents>(name: K, listener: Listener<RingcastEvents[K]>): void;
  off<K extends keyof RingcastEvents>(name: K, listener: Listener<RingcastEvents[K]>): void;
  /** Ends discovery and listeners. Players go on from the origin. */
  destroy(): void;
}

/** @param options wrong ones are told on the console and left out; nothing is thrown */
export function createRingcast(options: RingcastOptions): Ringcast {
  return createRingcastIn(browserWorld(), options);
}

/** `createRingcast` in a world of the caller's. */
export function createRingcastIn(world: World, options: RingcastOptions): Ringcast {
  const { settings, problems } = checkOptions(options);
  return new Ring(world, settings, problems);
}

class Ring implements Ringcast {
  readonly #world: World;
  readonly #agents = new AgentSet();
  readonly #tally = new Tally();
  readonly #events: Emitter<RingcastEvents>;
  readonly #discovery: Discovery;
  readonly #desk: RingDesk;
  readonly #hlsConfig: RingcastHlsConfig;
  #attached: Hls | undefined = undefined;
  /** Told once until a roster comes again. */
  #toldUnreachable = false;

  constructor(world: World, settings: Settings, problems: readonly Problem[]) {
    this.#world = world;
    this.#events = new Emitter((name, cause) => {
      world.warn(
        problemText({ code: 'listener-failed', message: `a listener of "${name}" threw: ${cause}` }),
      );
    });
    for (const problem of problems) this.#tell(problem);
    const { agents, bootstrap, origin, playlists } = settings;
    const seeds = [...new Set(bootstrap === undefined ? agents : [...agents, bootstrap])];
    for (const url of seeds) this.#agents.give(url);
    this.#discovery = new Discovery(world, this.#agents, seeds, {
      found: (found) => {
        this.#desk.found = found;
        this.#toldUnreachable = false;
        const known = { agents: this.#agents.all().length, origins: found.origins.map((each) => each.base) };
        this.#events.emit('roster', known);
      },
      failed: (lines) => this.#tellUnreachable(lines),
    });
    const parts = { world, agents: this.#agents, discovery: this.#discovery, tally: this.#tally };
    // Until a roster names it, the origin has a name of its own here: it decides only which agent is asked.
    const origins = origin === undefined ? [] : [{ id: 'origin', base: origin }];
    this.#desk = new RingDesk(
      { ...parts, events: this.#events },
      { origins, ignoredQuery: IGNORED_QUERY_DEFAULT },
    );
    this.#hlsConfig = {};
    if (seeds.length === 0) return;
    this.#hlsConfig.fLoader = this.#loaderClass('segment') as FragmentLoaderConstructor;
    if (playlists) this.#hlsConfig.pLoader = this.#loaderClass('playlist') as PlaylistLoaderConstructor;
  }

  get hlsConfig(): RingcastHlsConfig {
    this.#discovery.start();
    return this.#hlsConfig;
  }

  get stats(): RingcastStats {
    const nowMs = this.#world.now();
    const warm = new Set(this.#agents.warm(nowMs));
    return this.#tally.snapshot(this.#agents.all().map((agent) => agentStats(agent, warm, nowMs)));
  }

  attach(hls: Hls): void {
    if (typeof hls?.config !== 'object' || typeof hls.on !== 'function') {
      this.#tell({ code: 'not-hls', message: 'attach: expected an Hls instance of hls.js: left out' });
      return;
    }
    const { fLoader, pLoader } = this.hlsConfig;
    // A player made with our configuration has these already, perhaps wrapped by hls.js for CMCD.
    const { config, userConfig } = hls;
    if (fLoader && userConfig.fLoader !== fLoader && config.fLoader !== fLoader) {
      config.fLoader = this.#loaderClass('segment', config.fLoader) as FragmentLoaderConstructor;
    }
    if (pLoader && userConfig.pLoader !== pLoader && config.pLoader !== pLoader) {
      config.pLoader = this.#loaderClass('playlist', config.pLoader) as PlaylistLoaderConstructor;
    }
    this.#attached = hls;
    hls.once('hlsDestroying' as Events.DESTROYING, () => {
      if (this.#attached === hls) this.#attached = undefined;
    });
    this.#desk.bufferSeconds = () => this.#attached?.mainForwardBufferInfo?.len;
  }

  on<K extends keyof RingcastEvents>(name: K, listener: Listener<RingcastEvents[K]>): void {
    this.#events.on(name, listener);
  }

  off<K extends keyof RingcastEvents>(name: K, listener: Listener<RingcastEvents[K]>): void {
    this.#events.off(name, listener);
  }

  destroy(): void {
    this.#desk.close();
    this.#discovery.stop();
    this.#events.clear();
    this.#attached = undefined;
  }

  /** @param inner the way to the origin; undefined: the `loader` of the configuration that hls.js passes */
  #loaderClass(kind: LoadKind, inner?: unknown): unknown {
    const desk = this.#desk;
    return class extends RingLoader<never> {
      constructor(config: HlsConfig) {
        super({ kind, desk, Inner: (inner ?? config.loader) as InnerLoader, config });
      }
    };
  }

  #tell(problem: Problem): void {
    this.#world.warn(problemText(problem));
    this.#events.emit('problem', problem);
  }

  #tellUnreachable(lines: readonly string[]): void {
    if (this.#toldUnreachable) return;
    this.#toldUnreachable = true;
    const until = 'until one answers, everything comes from the origin';
    const message = `no roster (${lines.join('; ')}); check the URLs, CORS and mixed content; ${until}`;
    this.#tell({ code: 'agents-unreachable', message });
  }
}

function agentStats(agent: KnownAgent, warm: ReadonlySet<KnownAgent>, nowMs: number): AgentStats {
  return {
    url: agent.url,
    region: agent.record?.region,
    state: agent.coolUntilMs > nowMs ? 'cooling' : warm.has(agent) ? 'warm' : 'known',
    rttMs: agent.rttMs,
    firstByteMs: agent.firstByteMs,
    bitsPerSecond: agent.bytesPerMs === undefined ? undefined : agent.bytesPerMs * 8000,
  };
}
