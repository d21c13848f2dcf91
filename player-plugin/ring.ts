// A ring of agents beside whatever plays: options, discovery, counters and events, put together from the parts.
//
// What asks it for segments comes on top: hls.js's loaders (ringcast.ts) or a service worker (sw/worker.ts). Nothing
// happens before `use`; from then on agents are looked for, beside playback.

import { IGNORED_QUERY_DEFAULT } from '../agent/wire/segment-name.ts';
import { AgentSet, type KnownAgent } from './agent-set.ts';
import { Discovery, type Found } from './discovery.ts';
import { Emitter, type Listener } from './emitter.ts';
import { checkOptions, type RingcastOptions, type Settings } from './options.ts';
import { withMirrors } from './origin-map.ts';
import { type Problem, problemText } from './problem.ts';
import { NO_LOADS, RingDesk } from './ring-desk.ts';
import type { RingcastEvents } from './ringcast-events.ts';
import { type AgentStats, type RingcastStats, Tally } from './tally.ts';
import type { World } from './world.ts';

export class Ring {
  readonly #world: World;
  readonly #tally = new Tally();
  readonly #events: Emitter<RingcastEvents>;
  readonly desk: RingDesk;
  /** Told when what may go to agents has changed. */
  changed: () => void = () => {};
  #given: RingcastOptions;
  #settings: Settings;
  #seeds: readonly string[] = [];
  readonly #told = new Set<string>();
  /** Told once until a roster comes again. */
  #toldUnreachable = false;
  /** `used` once the configuration was read or a player attached. */
  #phase: 'new' | 'used' | 'ended' = 'new';

  constructor(world: World, options: RingcastOptions) {
    this.#world = world;
    this.#events = new Emitter((name, cause) => {
      const message = `a listener of "${name}" threw: ${cause}`;
      world.warn(problemText({ code: 'listener-failed', message }));
    });
    this.desk = new RingDesk({ world, tally: this.#tally, events: this.#events });
    this.#given = options;
    this.#settings = this.#checked(options);
    this.#settle(true);
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Is any agent named? Without, nothing of this is needed. */
  get hasAgents(): boolean {
    return this.#seeds.length > 0;
  }

  get enabled(): boolean {
    return this.#settings.enabled && this.#phase !== 'ended';
  }

  set enabled(enabled: boolean) {
    this.configure({ enabled });
  }

  get stats(): RingcastStats {
    const nowMs = this.#world.now();
    const { agents, originBytesPerMs } = this.desk;
    const warm = new Set(agents.warm(nowMs));
    return this.#tally.snapshot({
      enabled: this.enabled,
      originBitsPerSecond: bitsPerSecond(originBytesPerMs),
      agents: agents.all().map((agent) => agentStats(agent, warm, nowMs)),
    });
  }

  configure(options: RingcastOptions): void {
    if (this.#phase === 'ended') return;
    const { agents, bootstrap, origin, mirrors, enabled } = this.#settings;
    this.#given = { ...this.#given, ...options };
    this.#settings = this.#checked(this.#given);
    const ring = (of: Partial<Settings>): string =>
      JSON.stringify([of.agents, of.bootstrap, of.origin, of.mirrors]);
    const isNew = ring(this.#settings) !== ring({ agents, bootstrap, origin, mirrors });
    if (isNew || enabled !== this.#settings.enabled) this.#settle(isNew);
    else this.#permit();
  }

  on<K extends keyof RingcastEvents>(name: K, listener: Listener<RingcastEvents[K]>): void {
    this.#events.on(name, listener);
  }

  off<K extends keyof RingcastEvents>(name: K, listener: Listener<RingcastEvents[K]>): void {
    this.#events.off(name, listener);
  }

  destroy(): void {
    this.#phase = 'ended';
    this.desk.agentLoads = NO_LOADS;
    this.desk.discovery?.stop();
    this.#events.clear();
  }

  #checked(options: RingcastOptions): Settings {
    const { settings, problems } = checkOptions(options);
    for (const problem of problems) {
      if (this.#told.has(problem.message)) continue;
      this.#told.add(problem.message);
      this.tell(problem);
    }
    return settings;
  }

  /** From here on agents are looked for. */
  use(): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'used';
    if (this.#settings.enabled) this.desk.discovery?.start();
  }

  /** Discovery ends and begins anew. @param fresh with agents and an origin of its own, nothing known of them */
  #settle(fresh: boolean): void {
    const { agents, bootstrap, origin, mirrors } = this.#settings;
    const desk = this.desk;
    desk.discovery?.stop();
    if (fresh) {
      this.#seeds = [...new Set(bootstrap === undefined ? agents : [...agents, bootstrap])];
      desk.agents = new AgentSet();
      for (const url of this.#seeds) desk.agents.give(url);
      // Until a roster names it, the origin has a name of its own here: it decides only which agent is asked.
      const origins =
        origin === undefined ? [] : withMirrors([{ id: 'origin', base: origin }], origin, mirrors);
      desk.found = { origins, ignoredQuery: IGNORED_QUERY_DEFAULT };
    }
    desk.discovery = new Discovery(this.#world, desk.agents, this.#seeds, {
      found: (found) => this.#found(found),
      failed: (lines) => this.#tellUnreachable(lines),
    });
    if (this.#phase === 'used') this.use();
    this.#permit();
  }

  /** What may go to agents, from here on. */
  #permit(): void {
    const { enabled, playlists, keys } = this.#settings;
    this.desk.agentLoads = { segment: enabled, playlist: enabled && playlists, key: enabled && keys };
    this.changed();
  }

  #found(found: Found): void {
    const { origin, mirrors } = this.#settings;
    const origins = withMirrors(found.origins, origin, mirrors);
    this.desk.found = { ...found, origins };
    this.#toldUnreachable = false;
    const bases = origins.map((each) => each.base);
    this.#events.emit('roster', { agents: this.desk.agents.all().length, origins: bases });
  }

  /** On the console, and as an event. */
  tell(problem: Problem): void {
    this.#world.warn(problemText(problem));
    this.#events.emit('problem', problem);
  }

  #tellUnreachable(lines: readonly string[]): void {
    if (this.#toldUnreachable) return;
    this.#toldUnreachable = true;
    const until = 'until one answers, everything comes from the origin';
    const message = `no roster (${lines.join('; ')}); check the URLs, CORS and mixed content; ${until}`;
    this.tell({ code: 'agents-unreachable', message });
  }
}

function agentStats(agent: KnownAgent, warm: ReadonlySet<KnownAgent>, nowMs: number): AgentStats {
  return {
    url: agent.url,
    region: agent.record?.region,
    state: agent.coolUntilMs > nowMs ? 'cooling' : warm.has(agent) ? 'warm' : 'known',
    rttMs: agent.rttMs,
    firstByteMs: agent.firstByteMs,
    bitsPerSecond: bitsPerSecond(agent.bytesPerMs),
    requests: agent.requests,
    bytes: agent.bytes,
  };
}

function bitsPerSecond(bytesPerMs: number | undefined): number | undefined {
  return bytesPerMs === undefined ? undefined : bytesPerMs * 8000;
}
