// A ring of real agents in front of an origin, for tests: processes, certificates, sockets.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Placement } from '../../agent/core/swarm/placement.ts';
import { type Region, topLabel } from '../../agent/wire/ids.ts';
import type { AgentRecord } from '../../agent/wire/record.ts';
import { parseRoster, ROSTER_PATH, type Roster } from '../../agent/wire/roster.ts';
import { placementKey, segmentName } from '../../agent/wire/segment-name.ts';
import { type OriginStub, startOriginStub } from '../../origin-stub/origin-stub.ts';
import { type Child, startChild } from './child.ts';

const CLI = fileURLToPath(new URL('../../agent/cli/main.ts', import.meta.url));
const READY_MS_MAX = 30_000;

interface Ready {
  readonly public: string;
  readonly link: string;
  readonly admin: string;
  readonly id: string;
}

export interface RingAgent {
  readonly name: string;
  readonly region: Region;
  child: Child<Ready>;
  /** Base URL for players. */
  readonly url: string;
  readonly id: string;
}

/** What a fleet needs of the origin that it stands in front of. */
export interface FleetOrigin {
  readonly url: string;
  close(): Promise<void>;
}

/** @returns flags of an agent besides those that every one gets, by its name */
export type FlagsOf = (name: string) => Readonly<Record<string, string>>;

export class RingFleet<O extends FleetOrigin = OriginStub> {
  readonly origin: O;
  readonly agents: RingAgent[] = [];
  readonly #folder: string;
  readonly #ownsOrigin: boolean;
  readonly #flagsOf: FlagsOf;
  /** Agents that ever were: each has a name of its own. */
  #seats = 0;
  #targets = 0;

  /** @param regions the region of each agent; the first is the seed of the others, which start together
   *  @param origin stays the caller's; without one the fleet has its own */
  static async start(regions: readonly string[], origin?: OriginStub): Promise<RingFleet> {
    const fleet = new RingFleet(await newFolder(), origin ?? (await startOriginStub()), {
      ownsOrigin: origin === undefined,
      flagsOf: () => ({}),
    });
    return await fleet.#begin(regions);
  }

  /** In front of an origin of any kind, which stays the caller's. */
  static async before<O extends FleetOrigin>(
    origin: O,
    regions: readonly string[],
    flagsOf: FlagsOf = () => ({}),
  ): Promise<RingFleet<O>> {
    const fleet = new RingFleet(await newFolder(), origin, { ownsOrigin: false, flagsOf });
    return await fleet.#begin(regions);
  }

  private constructor(folder: string, origin: O, options: { ownsOrigin: boolean; flagsOf: FlagsOf }) {
    this.#folder = folder;
    this.origin = origin;
    this.#ownsOrigin = options.ownsOrigin;
    this.#flagsOf = options.flagsOf;
  }

  async #begin(regions: readonly string[]): Promise<this> {
    try {
      await this.join(regions);
    } catch (error) {
      await this.stop();
      throw error;
    }
    return this;
  }

  /** Starts further agents, all at once: they know each other as soon as `gathered` says so. */
  async join(regions: readonly string[]): Promise<void> {
    const seats = regions.map((region, index) => ({ name: `agent-${this.#seats + index}`, region }));
    this.#seats += seats.length;
    const named = seats.map(({ name, region }) => `${name}=${region}`);
    await promisify(execFile)(process.execPath, [CLI, 'init', join(this.#folder, 'cluster'), ...named]);
    const isFirst = this.agents.length === 0;
    const [first] = seats;
    if (isFirst && first !== undefined) this.agents.push(await this.#run(first.name, first.region));
    const started = seats.slice(isFirst ? 1 : 0).map(({ name, region }) => this.#run(name, region));
    for (const each of await Promise.allSettled(started)) {
      if (each.status === 'rejected') throw each.reason;
      this.agents.push(each.value);
    }
  }

  /** kill -9 of one agent, which then is no longer of the fleet; resolves when it is gone. */
  async kill(agent: RingAgent): Promise<void> {
    this.agents.splice(this.agents.indexOf(agent), 1);
    agent.child.kill();
    await agent.child.exited;
  }

  async stop(): Promise<void> {
    await Promise.all(this.agents.map((agent) => agent.child.stop(2_000)));
    if (this.#ownsOrigin) await this.origin.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Resolves when every agent names all those of its region in its roster. */
  async gathered(withinMs: number): Promise<void> {
    for (const agent of this.agents) {
      const mates = this.agents.filter((other) => topLabel(other.region) === topLabel(agent.region));
      await until(() => nearOf(agent, this), mates.map(({ name }) => name).sort(), withinMs);
    }
  }

  /** kill -9 of every agent; resolves when they are gone. */
  async killAll(): Promise<void> {
    for (const { child } of this.agents) child.kill();
    await Promise.all(this.agents.map(({ child }) => child.exited));
  }

  /** Starts a dead agent again, with its identity and on its old addresses. */
  async restart(agent: RingAgent): Promise<void> {
    const again = await this.#run(agent.name, agent.region, agent.child.said);
    agent.child = again.child;
  }

  /** The agent of the region that is home of the target, by the roster that `seenBy` gives. */
  async homeOf(target: string, seenBy: RingAgent): Promise<RingAgent> {
    const { near, agent, origins } = await rosterOf(seenBy);
    const name = segmentName({ originId: origins[0]?.id ?? '', target });
    const members = near as unknown as readonly AgentRecord[];
    const home = new Placement().home({ ring: agent.ring, version: 0, members }, placementKey(name), []);
    const found = this.agents.find((each) => each.id === home?.id);
    if (found === undefined) throw new Error(`no agent is home of ${target}`);
    return found;
  }

  /** A target whose home the agent is, never one that was given before. */
  async targetOf(home: RingAgent, bytes: number): Promise<string> {
    for (let tries = 0; tries < 1_000; tries += 1) {
      this.#targets += 1;
      const target = `/synthetic/${bytes}/seg-${this.#targets}.m4s`;
      if ((await this.homeOf(target, home)) === home) return target;
    }
    throw new Error(`nothing has its home at ${home.name}`);
  }

  async #run(name: string, region: string, old?: Ready): Promise<RingAgent> {
    const [seed] = this.agents.filter((agent) => agent.name !== name);
    const flags: Record<string, string> = {
      origin: this.origin.url,
      listen: old?.public.replace('http://', '') ?? '127.0.0.1:0',
      link: old?.link ?? '127.0.0.1:0',
      admin: '127.0.0.1:0',
      region,
      identity: join(this.#folder, 'cluster', name),
      'drain-ms': '1000',
      ...this.#flagsOf(name),
      ...(seed === undefined ? {} : { seed: seed.child.said.link }),
    };
    const args = [CLI, 'agent', ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])];
    const child = await startChild<Ready>(
      { name, args, ready: readyLine, readyMsMax: READY_MS_MAX },
      () => {},
    );
    return { name, region: region as Region, child, url: child.said.public, id: child.said.id };
  }
}

function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'ringcast-ring-'));
}

export async function rosterOf(agent: RingAgent): Promise<Roster> {
  const answer = await fetch(agent.url + ROSTER_PATH);
  const roster = parseRoster(await answer.text());
  if (!roster.ok) throw new Error(`the roster of ${agent.name} is refused: ${roster.reason}`);
  return roster.value;
}

/** Names of the agents that an agent counts to its ring, itself included. */
export async function nearOf(agent: RingAgent, fleet: Pick<RingFleet, 'agents'>): Promise<string[]> {
  const { near } = await rosterOf(agent);
  return near.map(({ id }) => fleet.agents.find((each) => each.id === id)?.name ?? id).sort();
}

/** Waits until the question has the answer; the last answer is in the error where it never does. */
export async function until<T>(ask: () => Promise<T>, answer: T, withinMs: number): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const got = await ask();
    const passedMs = performance.now() - startedMs;
    if (JSON.stringify(got) === JSON.stringify(answer)) return passedMs;
    if (passedMs > withinMs) throw new Error(`after ${withinMs} ms still ${JSON.stringify(got)}`);
    await sleep(50);
  }
}

/** @returns status and SHA-256 of the body, in hex */
export async function fetchDigest(url: string): Promise<{ status: number; digest: string }> {
  const answer = await fetch(url);
  return { status: answer.status, digest: digestOf(Buffer.from(await answer.arrayBuffer())) };
}

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readyLine(line: unknown): Ready | undefined {
  const said = line as Ready & { event?: string };
  return said.event === 'agent.ready' ? said : undefined;
}
