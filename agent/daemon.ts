// The composition root: configuration -> adapters -> edge and core; start, drain, stop.
//
// Everything listens before the agent tells anybody that it is there, and it says good-bye before it stops listening.

import { performance } from 'node:perf_hooks';
import { type AdminListener, listenAdmin, type Readiness } from './adapters/admin/admin-listener.ts';
import { type Clock, systemClock } from './adapters/clock/system-clock.ts';
import { Digests } from './adapters/digest/digests.ts';
import { type AgentKey, ephemeralKey } from './adapters/identity/agent-key.ts';
import { type Identity, loadIdentity } from './adapters/identity/identity.ts';
import { nextIncarnation } from './adapters/identity/incarnation.ts';
import { formatAddress } from './adapters/link/address.ts';
import { LINK_TIMING } from './adapters/link/limits.ts';
import { Links } from './adapters/link/links.ts';
import { NoLinks } from './adapters/link/no-links.ts';
import { type Log, PinoLog, silentLog } from './adapters/log/log.ts';
import { Metrics } from './adapters/metrics/scrape.ts';
import { UndiciOrigin } from './adapters/origin/undici-origin.ts';
import { PlayerServer } from './adapters/player-api/player-server.ts';
import { RingcastError } from './adapters/ringcast-error.ts';
import { RamStore } from './adapters/store/ram-store.ts';
import { listenAddress } from './config/address.ts';
import type { Config } from './config/options.ts';
import { AgentCore } from './core/agent-core.ts';
import { type Counts, newCounts, Timings } from './core/counters.ts';
import { Edge } from './edge/edge.ts';
import { parseOriginBase } from './edge/policy/origin-base.ts';
import { GENERIC, MEDIA, SEGMENT } from './edge/policy/policy.ts';
import { MEDIA_DROPPED } from './edge/policy/upstream.ts';
import type { LinkPort } from './edge/ports.ts';
import { PlayerQuic } from './player-quic.ts';
import { rosterOf } from './roster-of.ts';
import { VERSION } from './version.ts';
import { type Region, topLabel } from './wire/ids.ts';
import type { AgentClaim } from './wire/record.ts';
import { hash64 } from './wire/rendezvous.ts';
import { World } from './world.ts';

/** How often the load that others see is measured, and a renewed certificate looked for. */
const LOAD_EVERY_MS = 1_000;
const IDENTITY_EVERY_MS = 60_000;
/** With every seed dead an agent serves its viewers alone: it says so by then. */
const JOIN_GRACE_MS = 10_000;

export class Daemon {
  readonly #config: Config;
  readonly #log: Log;
  readonly #now: Clock = systemClock();
  readonly #world: World;
  readonly #counts: Counts = newCounts();
  readonly #timings: Timings = new Timings();
  readonly #key: AgentKey;
  readonly #store: RamStore;
  readonly #digests: Digests;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #startedMs: number = performance.now();
  #links: Links | NoLinks = new NoLinks();
  #players: PlayerServer | undefined;
  #quic: PlayerQuic | undefined;
  #admin: AdminListener | undefined;
  #metrics: Metrics | undefined;
  #core: AgentCore | undefined;
  #origin: UndiciOrigin | undefined;
  #state: 'starting' | 'running' | 'draining' = 'starting';

  /** @throws RingcastError where an address cannot be had or the identity cannot be used; nothing is left running */
  static async start(config: Config): Promise<Daemon> {
    const daemon = new Daemon(config);
    try {
      await daemon.#start();
    } catch (error) {
      await daemon.stop();
      throw error;
    }
    return daemon;
  }

  private constructor(config: Config) {
    this.#config = config;
    const level = config['log-level'];
    this.#log = level === 'silent' ? silentLog : new PinoLog({ level, to: 'stderr' });
    this.#world = new World(this.#now);
    this.#key = config.identity === undefined ? ephemeralKey() : loadIdentity(config.identity);
    this.#digests = new Digests({
      signer: this.#key,
      certifier: config.identity === undefined ? undefined : (this.#key as Identity),
      now: this.#now,
    });
    const limits = { bytesMax: config['ram-bytes'], entryBytesMax: config['object-bytes-max'] };
    this.#store = new RamStore(limits, this.#counts);
  }

  /** Base URL under which players reach the agent. */
  get publicUrl(): string {
    const { listen, 'public-url': publicUrl } = this.#config;
    const { host } = listenAddress(listen);
    return publicUrl ?? `http://${formatAddress({ host, port: this.#players?.port ?? 0 })}`;
  }

  /** Multicast, as an embedding application uses it. */
  get casts(): Pick<World, 'multicast' | 'subscribe' | 'unsubscribe' | 'listen'> {
    return this.#world;
  }

  /** Says good-bye, finishes answers under way for at most `drain-ms`, and closes everything. */
  async stop(): Promise<void> {
    if (this.#state === 'draining') return;
    this.#state = 'draining';
    this.#log.info('agent.draining', { connections: this.#players?.connections ?? 0 });
    for (const timer of this.#timers) clearInterval(timer);
    this.#world.leave();
    await Promise.all([
      closed((done) => (this.#players === undefined ? done() : this.#players.drain(done))),
      closed((done) => (this.#quic === undefined ? done() : this.#quic.drain(done))),
    ]);
    await closed((done) => this.#links.close(done));
    this.#world.stop();
    await closed((done) => (this.#origin === undefined ? done() : this.#origin.close(done)));
    await this.#admin?.close();
    this.#metrics?.close();
    this.#log.info('agent.stopped');
  }

  async #start(): Promise<void> {
    const config = this.#config;
    this.#origin = new UndiciOrigin({
      base: config.origin,
      connectMs: config['origin-connect-ms'],
      headMs: config['origin-head-ms'],
      bodyIdleMs: config['origin-idle-ms'],
    });
    if (config.link !== undefined) this.#links = await this.#openLinks(config.link);
    const edge = this.#newEdge(this.#origin, this.#links);
    const { host, port } = listenAddress(config.listen);
    let roster: ReturnType<typeof rosterOf> | undefined;
    const players = {
      serve: edge.serveViewer,
      roster: () => (roster as ReturnType<typeof rosterOf>)(),
      counts: this.#counts,
      timings: this.#timings,
    };
    this.#players = await PlayerServer.listen(
      { host, port, connectionsMax: config['connections-max'], drainMs: config['drain-ms'] },
      players,
    );
    this.#quic = await PlayerQuic.open(config, { ...players, publicUrl: this.publicUrl, log: this.#log });
    const core = this.#newCore();
    this.#core = core;
    roster = rosterOf({
      core,
      origins: [{ id: this.#originId, base: config.origin.replace(/\/$/, '') }],
      ignoredQuery: config['ignored-query'],
      webtransport: () => this.#quic?.shown,
    });
    if (config.admin !== undefined) await this.#listenAdmin(config.admin, core);
    this.#world.start({ core, edge, links: this.#links });
    this.#every(LOAD_EVERY_MS, loadMeter(core));
    this.#state = 'running';
    this.#log.info('agent.ready', {
      id: core.self.id,
      public: this.publicUrl,
      link: core.self.link,
      admin:
        this.#admin === undefined
          ? ''
          : formatAddress({ ...listenAddress(config.admin ?? ''), port: this.#admin.port }),
      region: config.region,
      origin: config.origin,
    });
  }

  async #openLinks(address: string): Promise<Links> {
    const links = await Links.open({
      identity: this.#key as Identity,
      listen: listenAddress(address),
      events: this.#world,
      counts: this.#counts,
      log: (line) => this.#log.warn('link', { line }),
      // A home is silent for as long as its origin takes to answer.
      timing: { silenceMs: Math.max(LINK_TIMING.silenceMs, this.#config['origin-head-ms'] + 1_000) },
    });
    this.#every(IDENTITY_EVERY_MS, () => this.#renewIdentity(links));
    return links;
  }

  #newEdge(origin: UndiciOrigin, links: LinkPort): Edge {
    const config = this.#config;
    const originBase = parseOriginBase(config.origin);
    if (originBase === undefined) {
      throw new RingcastError(
        'bad-config',
        `origin ${config.origin} is no URL that can be served: see --help`,
      );
    }
    const lifetime = { defaultLifetimeMs: config['default-ttl-ms'] };
    const { high, low } = hash64(this.#originId);
    return new Edge({
      core: this.#world,
      origin,
      peers: links,
      store: this.#store,
      digests: this.#digests,
      onCorrupt: (peer, segment, detail) =>
        this.#log.warn('peer.corrupt', { peer, segment: segment.name, problem: detail }),
      counts: this.#counts,
      timings: this.#timings,
      now: this.#now,
      allocate: (bytes) => Buffer.allocUnsafeSlow(bytes),
      originId: this.#originId,
      originBase,
      ignoredQuery: config['ignored-query'],
      objectBytesMax: config['object-bytes-max'],
      policies: { segment: SEGMENT, playlist: MEDIA, other: { ...GENERIC, ...lifetime } },
      upstream: {
        loopToken: `ringcast-${high.toString(16)}${low.toString(16)}`,
        agentId: this.#key.id.slice(0, 16),
        identity: true,
        dropped: MEDIA_DROPPED,
      },
    });
  }

  #newCore(): AgentCore {
    const config = this.#config;
    const claim: Omit<AgentClaim, 'ring' | 'sequence'> = {
      id: this.#key.id,
      incarnation: config.identity === undefined ? 1 : nextIncarnation(config.identity),
      region: config.region as Region,
      link:
        config['advertise-link'] ??
        (this.#links.address === undefined ? '' : formatAddress(this.#links.address)),
      publicUrl: this.publicUrl,
      reachability: 'dialable',
      weight: config.weight,
      version: VERSION,
    };
    return new AgentCore({
      claim,
      seal: this.#key.seal,
      sealSeat: this.#key.sealSeat,
      tuning: { ringSize: config['ring-size'] },
      random: Math.random,
      counts: this.#counts,
      timings: this.#timings,
      seeds: config.seed.map((link) => ({ id: undefined, link })),
    });
  }

  async #listenAdmin(address: string, core: AgentCore): Promise<void> {
    const metrics = new Metrics({
      counts: this.#counts,
      timings: this.#timings,
      version: VERSION,
      gauges: {
        agent: () => core.self,
        ready: () => this.#ready().ready,
        ringMembers: () => membersByState(core),
        ringLevels: () => core.path.above.length + 1,
        regionsKnown: () =>
          new Set([core.self, ...core.contacts].map((agent) => topLabel(agent.region))).size,
        links: () => this.#links.count('control') + this.#links.count('bulk'),
        viewerConnections: () => (this.#players?.connections ?? 0) + (this.#quic?.sessions ?? 0),
        fillsInFlight: () => core.fills,
        storeBytes: () => this.#store.bytes,
        storeBytesMax: () => this.#config['ram-bytes'],
        storeObjects: () => this.#store.count,
      },
    });
    this.#metrics = metrics;
    this.#admin = await listenAdmin({
      ...listenAddress(address),
      metrics,
      health: () => ({
        version: VERSION,
        id: core.self.id,
        uptimeS: Math.round((performance.now() - this.#startedMs) / 1000),
        webtransport: this.#quic?.state ?? 'not asked for (--webtransport)',
      }),
      ready: () => this.#ready(),
    });
  }

  #ready(): Readiness {
    if (this.#state !== 'running') return { ready: false, reason: this.#state };
    const { seed } = this.#config;
    const company =
      this.#core !== undefined && this.#core.view.members.length + this.#core.contacts.length > 1;
    const joining = seed.length > 0 && !company && performance.now() - this.#startedMs < JOIN_GRACE_MS;
    return joining ? { ready: false, reason: 'joining: no seed has answered yet' } : { ready: true };
  }

  #renewIdentity(links: Links): void {
    try {
      const identity = loadIdentity(this.#config.identity as string);
      if (identity.cert === (this.#key as Identity).cert) return;
      links.renew(identity);
      this.#digests.renew(identity);
      this.#log.info('identity.renewed', { expires: new Date(identity.expiresMs).toISOString() });
    } catch (error) {
      this.#log.warn('identity.unusable', { problem: (error as Error).message });
    }
  }

  get #originId(): string {
    return this.#config['origin-id'] ?? this.#config.origin.replace(/^https?:\/\//, '').replace(/\/$/, '');
  }

  #every(ms: number, work: () => void): void {
    const timer = setInterval(work, ms);
    timer.unref();
    this.#timers.push(timer);
  }
}

function closed(close: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => close(resolve));
}

/** Busy share of the event loop since the last look, as the load that neighbours and players see. */
function loadMeter(core: AgentCore): () => void {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    core.setLoad(Math.round(255 * performance.eventLoopUtilization(now, last).utilization));
    last = now;
  };
}

function membersByState(core: AgentCore): { alive: number; suspected: number } {
  const { members } = core.view;
  const suspected = members.filter((member) => core.view.state(member.id) === 'suspect').length;
  return { alive: members.length - suspected, suspected };
}
