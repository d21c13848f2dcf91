// Everything that a benchmark starts, so that all of it is stopped, whatever happened.
//
// Servers under test run on one core, the origin and the load generator on the other.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FlagsOf, RingFleet } from '../processes/ring-fleet.ts';
import type { LoadResult, Plan } from './load/plan.ts';
import { type Cores, pin, twoCores } from './servers/cores.ts';
import { LoadProcess } from './servers/load.ts';
import { startNginxCache, startNginxFiles } from './servers/nginx.ts';
import { OriginProcess } from './servers/origin.ts';
import { freePort, type Server, startServer } from './servers/server.ts';
import { startVarnish } from './servers/varnish.ts';

export type Fleet = RingFleet<OriginProcess>;

const BARE = fileURLToPath(new URL('servers/bare.ts', import.meta.url));
/** Until agents that start together on one core know each other. */
const GATHERED_MS_MAX = 60_000;
/** More agents than this at once start slower than one after the other. */
const STARTED_AT_ONCE = 8;

export class World {
  readonly origin: OriginProcess;
  readonly cores: Cores | undefined;
  readonly #load: LoadProcess;
  readonly #folder: string;
  readonly #stops: (() => Promise<void>)[] = [];
  /** What came of every run of the load generator, for the sums at the end. */
  readonly results: LoadResult[] = [];
  #names = 0;

  static async start(): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'ringcast-bench-'));
    const cores = twoCores();
    const started = await Promise.allSettled([OriginProcess.start(cores), LoadProcess.start(cores)]);
    const [origin, load] = started;
    if (origin.status === 'fulfilled' && load.status === 'fulfilled') {
      return new World(folder, cores, origin.value, load.value);
    }
    for (const each of started) if (each.status === 'fulfilled') await each.value.close();
    await rm(folder, { recursive: true, force: true });
    throw origin.status === 'rejected' ? origin.reason : (load as PromiseRejectedResult).reason;
  }

  private constructor(folder: string, cores: Cores | undefined, origin: OriginProcess, load: LoadProcess) {
    this.#folder = folder;
    this.cores = cores;
    this.origin = origin;
    this.#load = load;
  }

  async load(plan: Plan): Promise<LoadResult> {
    const result = await this.#load.run(plan);
    this.results.push(result);
    return result;
  }

  /** A synthetic object that nobody has asked for yet. */
  newPath(bytes: number): string {
    this.#names += 1;
    return `/synthetic/${bytes}/bench-${this.#names}.m4s`;
  }

  /** Agents that know each other, on the server core. */
  async fleet(regions: readonly string[], flagsOf?: FlagsOf): Promise<Fleet> {
    const fleet = await RingFleet.before(this.origin, regions.slice(0, STARTED_AT_ONCE), flagsOf);
    this.#stops.push(() => fleet.stop());
    await this.grow(fleet, regions.slice(STARTED_AT_ONCE));
    return fleet;
  }

  /** Adds agents to a fleet; resolves when all know each other. */
  async grow(fleet: Fleet, regions: readonly string[]): Promise<void> {
    for (let at = 0; at < regions.length; at += STARTED_AT_ONCE) {
      await fleet.join(regions.slice(at, at + STARTED_AT_ONCE));
    }
    await fleet.gathered(GATHERED_MS_MAX);
    if (this.cores !== undefined) for (const { child } of fleet.agents) pin(child.pid, this.cores.server);
  }

  /** One agent that stands alone, as a server among others. */
  async agent(): Promise<Server> {
    const fleet = await this.fleet(['eu'], () => ({ 'ram-bytes': '512MiB' }));
    return { name: 'ringcast', port: portOf(fleet, 0), pids: pidsOf(fleet), stop: () => fleet.stop() };
  }

  nginxCache(sendfile: 'on' | 'off'): Promise<Server> {
    return this.#kept(startNginxCache({ ...this.#common(), sendfile }));
  }

  nginxFiles(files: ReadonlyMap<string, Uint8Array>): Promise<Server> {
    return this.#kept(startNginxFiles({ ...this.#common(), files }));
  }

  varnish(): Promise<Server> {
    return this.#kept(startVarnish(this.#common()));
  }

  /** node:http that has these objects and does nothing else. */
  async bareNode(paths: readonly string[]): Promise<Server> {
    const port = await freePort();
    const command = [process.execPath, BARE, String(port), ...paths];
    return this.#kept(startServer({ name: 'bare node:http', port, command, cores: this.cores }));
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#stops.map((stop) => stop()));
    await Promise.allSettled([this.origin.close(), this.#load.close()]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  #common(): { folder: string; originPort: number; cores: Cores | undefined } {
    this.#names += 1;
    return {
      folder: join(this.#folder, `server-${this.#names}`),
      originPort: this.origin.port,
      cores: this.cores,
    };
  }

  async #kept(starting: Promise<Server>): Promise<Server> {
    const server = await starting;
    this.#stops.push(() => server.stop());
    return server;
  }
}

export function portOf(fleet: Fleet, index: number): number {
  return Number(new URL(fleet.agents[index]?.url ?? '').port);
}

export function portsOf(fleet: Fleet): number[] {
  return fleet.agents.map((_, index) => portOf(fleet, index));
}

export function pidsOf(fleet: Fleet): number[] {
  return fleet.agents.map(({ child }) => child.pid);
}
