// The demo as one thing to start and stop: origin stub, cluster identity, 12 agents, page server, headless viewers,
// and the watch over them. Everything listens on 127.0.0.1; what is written goes to a temporary directory that the
// stop removes.
//
// The page's port is taken first: where it is not free, nothing else is started.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from '../processes/child.ts';
import { PlainError } from '../processes/plain-error.ts';
import { Audience } from './audience.ts';
import { makeCluster } from './cluster.ts';
import { Fleet } from './fleet.ts';
import { buildPage, PAGE_DIRECTORY } from './page-build.ts';
import { PageServer } from './page-server.ts';
import type { RunReport } from './results.ts';
import { REGIONS, regionOf } from './seats.ts';
import type { Status } from './status.ts';
import { Watch } from './watch.ts';

export interface DemoSetup {
  readonly port: number;
  readonly viewers: number;
  readonly onStatus: (status: Status) => void;
  /** Something that whoever runs the demo should read. */
  readonly onNote: (sentence: string) => void;
}

interface Running {
  readonly originUrl: string;
  readonly fleet: Fleet;
  readonly watch: Watch;
  readonly audience: Audience | undefined;
}

const ORIGIN = fileURLToPath(new URL('../../origin-stub/main.ts', import.meta.url));
const READY_MS_MAX = 15_000;
const STOP_MS_MAX = 1_000;
const RINGS_MS_MAX = 15_000;
/** Twelve agents that start on two cores have better to do than to answer. */
const LOOK_EVERY_MS = 200;

export class Demo {
  readonly #setup: DemoSetup;
  readonly #directory = mkdtempSync(join(tmpdir(), 'ringcast-demo-'));
  readonly #stopping = new AbortController();
  #page: PageServer | undefined;
  #origin: Child<string> | undefined;
  #endOrigin: () => void = () => undefined;
  #fleet: Fleet | undefined;
  #running: Running | undefined;
  #startS = 0;
  #stopped: Promise<void> | undefined;

  constructor(setup: DemoSetup) {
    this.#setup = setup;
    // Also when the demo ends by an error that nobody foresaw; leash.ts ends the processes then.
    process.once('exit', () => this.#removeDirectory());
  }

  /** Call `stop` afterwards, whatever came of it.
   *  @returns the page's address
   *  @throws PlainError where something does not start */
  async start(): Promise<string> {
    const { port, viewers, onStatus, onNote } = this.#setup;
    this.#page = await PageServer.listen({ port, directory: PAGE_DIRECTORY });
    const cluster = join(this.#directory, 'cluster');
    const [originUrl] = await Promise.all([
      this.#startOrigin(),
      makeCluster(cluster, this.#stopping.signal),
      buildPage(),
    ]);
    this.#heed();
    const fleet = new Fleet({ originUrl, clusterDirectory: cluster, onDeath: onNote });
    this.#fleet = fleet;
    await fleet.startAll();
    this.#heed();
    let audience: Audience | undefined;
    const watch = new Watch({
      fleet,
      originUrl,
      own: () => audience?.own() ?? { mediaRequests: 0, playlistRequests: 0, bytes: 0 },
      viewers: () => audience?.watching ?? 0,
    });
    // A page that is open already sees the rings split.
    this.#page.desk = {
      status: () => watch.status(),
      kill: (index) => fleet.kill(index),
      start: (index) => fleet.start(index),
    };
    await this.#ringsFormed(watch);
    if (viewers > 0) audience = new Audience({ viewers, originUrl, regions: bootstraps(fleet) });
    audience?.start();
    this.#running = { originUrl, fleet, watch, audience };
    watch.start(onStatus);
    this.#startS = performance.now() / 1000;
    return this.#page.url;
  }

  /** Ends the viewers, and says what they found. The agents go on. */
  async measure(): Promise<RunReport> {
    const running = this.#running;
    if (running?.audience === undefined) throw new Error('no viewers were started');
    const audience = await running.audience.end();
    const response = await fetch(`${running.originUrl}/_stub/counters`);
    const { paths } = (await response.json()) as { paths: Record<string, { requests: number }> };
    await running.watch.look();
    const levels = running.watch.status().agents.map(({ ringLevels }) => ringLevels ?? 0);
    return {
      audience,
      ringLevels: Math.max(...levels),
      agents: new Map(running.fleet.agents.map((agent) => [agent.addresses?.public ?? '', agent.seat.name])),
      originRequests: new Map(Object.entries(paths).map(([path, tally]) => [path, tally.requests])),
      startS: this.#startS,
    };
  }

  /** Ends every process, closes the page, removes the directory. Safe at any moment, while it starts too, and again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.#running?.watch.stop();
    this.#running?.audience?.leave();
    this.#endOrigin();
    await Promise.all([this.#page?.close(), this.#fleet?.stop()]);
    await this.#origin?.stop(STOP_MS_MAX);
    this.#removeDirectory();
  }

  async #startOrigin(): Promise<string> {
    const origin = await startChild(
      {
        name: 'the origin',
        args: [ORIGIN, '--port', '0'],
        ready: (line) => (line as { url?: string }).url,
        readyMsMax: READY_MS_MAX,
      },
      (kill) => {
        this.#endOrigin = kill;
      },
    );
    this.#endOrigin = () => undefined;
    this.#origin = origin;
    void origin.exited.then(() => {
      if (!this.#stopping.signal.aborted) {
        this.#setup.onNote(`the origin ended: ${origin.lastLines().at(-1) ?? 'it said nothing'}`);
      }
    });
    return origin.said;
  }

  async #ringsFormed(watch: Watch): Promise<void> {
    const endMs = performance.now() + RINGS_MS_MAX;
    for (;;) {
      await watch.look();
      this.#heed();
      if (watch.complete()) return;
      if (performance.now() > endMs) {
        const seen = watch.status().agents.map((agent) => `${agent.name} ${agent.ringMembers ?? 'none'}`);
        this.#setup.onNote(
          `the rings have not settled within ${RINGS_MS_MAX / 1000} s, going on; members that each agent sees: ${seen.join(', ')}`,
        );
        return;
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  #removeDirectory(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** @throws PlainError where the demo was told to stop meanwhile */
  #heed(): void {
    if (this.#stopping.signal.aborted) throw new PlainError('stopped while starting');
  }
}

function bootstraps(fleet: Fleet): { id: string; agents: string[] }[] {
  return REGIONS.map(({ id }) => ({
    id,
    agents: fleet.agents.flatMap(({ seat, addresses }) =>
      regionOf(seat) === id && addresses !== undefined ? [addresses.public] : [],
    ),
  }));
}
