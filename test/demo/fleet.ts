// The 12 agents as processes: started in an order that needs one seed address, killed and started again on request.
//
// The first agent takes any free port for its links and is the seed of the others, which then start all at once. An
// agent that comes back takes its old addresses again and any living agent as its seed.
// It does not look inside the agents: poll.ts does.

import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type Child, howItEnded, startChild } from '../processes/child.ts';
import { RING_SIZE, SEATS, type Seat } from './seats.ts';

/** What an agent says in the log line `agent.ready`. */
export interface Addresses {
  /** Base URL for players. */
  readonly public: string;
  readonly link: string;
  /** Base URL of metrics and health. */
  readonly admin: string;
}

export type AgentState = 'starting' | 'running' | 'dead';

export interface FleetAgent {
  /** Position in SEATS, and the number in `/api/agents/N/...`. */
  readonly index: number;
  readonly seat: Seat;
  state: AgentState;
  /** Of the process that runs or ran last; changes with each start. */
  run: string;
  addresses: Addresses | undefined;
  child: Child<Addresses> | undefined;
}

export interface FleetOptions {
  readonly originUrl: string;
  /** The cluster's directory, with a folder for each seat. */
  readonly clusterDirectory: string;
  /** An agent ended that nobody had asked to. */
  readonly onDeath: (sentence: string) => void;
}

export const CLI: string = fileURLToPath(new URL('../../agent/cli/main.ts', import.meta.url));
const READY_MS_MAX = 20_000;
const STOP_MS_MAX = 3_000;
const DRAIN_MS = 500;

export class Fleet {
  readonly agents: readonly FleetAgent[];
  readonly #options: FleetOptions;
  /** Ends the processes that are still starting. */
  readonly #starting = new Set<() => void>();
  #stopped = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.agents = SEATS.map((seat, index) => ({
      index,
      seat,
      state: 'dead',
      run: '',
      addresses: undefined,
      child: undefined,
    }));
  }

  /** @throws PlainError where an agent does not get ready */
  async startAll(): Promise<void> {
    const [first, ...others] = this.agents;
    if (first === undefined) return;
    await this.start(first.index);
    await Promise.all(others.map((agent) => this.start(agent.index)));
  }

  /** Starts an agent that is dead; does nothing for another.
   *  @throws PlainError where it does not get ready */
  async start(index: number): Promise<void> {
    const agent = this.agents[index];
    if (agent === undefined || agent.state !== 'dead' || this.#stopped) return;
    agent.state = 'starting';
    agent.run = randomUUID();
    let stopStarting: (() => void) | undefined;
    try {
      // Its ports are free when the process before is gone.
      await agent.child?.exited;
      const child = await startChild(
        {
          name: `agent ${agent.seat.name}`,
          args: [CLI, 'agent', ...this.#arguments(agent)],
          ready: addressesOf,
          readyMsMax: READY_MS_MAX,
        },
        (kill) => {
          stopStarting = kill;
          this.#starting.add(kill);
        },
      );
      agent.child = child;
      agent.addresses = child.said;
      agent.state = 'running';
      void child.exited.then((exit) => {
        // A killed agent was set to dead before.
        if (agent.child === child && agent.state === 'running' && !this.#stopped) {
          agent.state = 'dead';
          this.#options.onDeath(
            `agent ${agent.seat.name} ${howItEnded(exit)}: ${child.lastLines().at(-1) ?? 'it said nothing'}`,
          );
        }
      });
    } catch (error) {
      agent.state = 'dead';
      throw error;
    } finally {
      if (stopStarting) this.#starting.delete(stopStarting);
    }
  }

  /** kill -9, as a machine that loses power. */
  kill(index: number): void {
    const agent = this.agents[index];
    if (agent?.state !== 'running') return;
    agent.state = 'dead';
    agent.child?.kill();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const kill of this.#starting) kill();
    await Promise.all(this.agents.map((agent) => agent.child?.stop(STOP_MS_MAX)));
  }

  #arguments(agent: FleetAgent): string[] {
    const { addresses, seat, index } = agent;
    const flags: Record<string, string> = {
      origin: this.#options.originUrl,
      listen: hostOf(addresses?.public),
      link: hostOf(addresses?.link),
      admin: hostOf(addresses?.admin),
      region: seat.place,
      identity: `${this.#options.clusterDirectory}/${seat.name}`,
      'ring-size': String(RING_SIZE),
      'drain-ms': String(DRAIN_MS),
    };
    const seed = this.agents.find((other) => other.index !== index && other.state === 'running');
    if (seed?.addresses) flags.seed = seed.addresses.link;
    return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  }
}

/** `127.0.0.1:PORT` of a base URL or address; any free port where there is none yet. */
function hostOf(address: string | undefined): string {
  return address === undefined ? '127.0.0.1:0' : address.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function addressesOf(line: unknown): Addresses | undefined {
  const { event, public: publicAddress, link, admin } = line as Record<string, unknown>;
  if (event !== 'agent.ready') return undefined;
  if (typeof publicAddress !== 'string' || typeof link !== 'string' || typeof admin !== 'string')
    return undefined;
  return { public: baseUrl(publicAddress), link: hostOf(link), admin: baseUrl(admin) };
}

function baseUrl(address: string): string {
  return address.includes('://') ? address.replace(/\/$/, '') : `http://${address}`;
}
