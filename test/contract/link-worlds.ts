// The two worlds that the link contract runs in: real TLS on the loopback, and memory.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ephemeralKey } from '../../agent/adapters/identity/agent-key.ts';
import { initCluster, issueAgents } from '../../agent/adapters/identity/cluster.ts';
import { type Identity, loadIdentity } from '../../agent/adapters/identity/identity.ts';
import type { LinkTiming } from '../../agent/adapters/link/limits.ts';
import { Links } from '../../agent/adapters/link/links.ts';
import { newCounts } from '../../agent/core/counters.ts';
import { berlin, claimOf } from '../unit/wire/example.ts';
import { closed, type LinkAgent, type LinkWorld } from './link.ts';
import { MemoryNetwork } from './link-memory.ts';
import { RecordingEvents } from './link-recorder.ts';

export interface TlsAgent extends LinkAgent {
  readonly port: Links;
  readonly identity: Identity;
  readonly log: string[];
}

export class TlsWorld implements LinkWorld {
  readonly #root: string = mkdtempSync(join(tmpdir(), 'ringcast-'));
  readonly #agents: TlsAgent[] = [];
  #issued = 0;

  static async open(): Promise<TlsWorld> {
    const world = new TlsWorld();
    await initCluster({ directory: world.#root, operator: 'example', agents: [] });
    return world;
  }

  /** A new agent's identity, signed by this world's CA. */
  async identity(days = 1): Promise<Identity> {
    this.#issued += 1;
    const name = `a${this.#issued}`;
    const agents = [{ name, region: berlin }];
    const [issued] = await issueAgents({ directory: this.#root, agents, days });
    return loadIdentity(
      issued?.directory ?? '',
      days < 0 ? Date.now() + days * 86_400_000 - 60_000 : Date.now(),
    );
  }

  async agent(options: { timing?: Partial<LinkTiming>; outbound?: boolean } = {}): Promise<TlsAgent> {
    const identity = await this.identity();
    const [events, counts] = [new RecordingEvents(), newCounts()];
    const log: string[] = [];
    const port = await Links.open({
      identity,
      listen: options.outbound === true ? undefined : { host: '127.0.0.1', port: 0 },
      events,
      counts,
      log: (line) => log.push(line),
      timing: options.timing,
    });
    const link = port.address === undefined ? '' : `127.0.0.1:${port.address.port}`;
    const record = identity.seal(claimOf(identity.id, { link }));
    const agent = { id: identity.id, record, port, events, counts, identity, log };
    this.#agents.push(agent);
    return agent;
  }

  async end(): Promise<void> {
    await Promise.all(this.#agents.map(({ port }) => closed(port)));
    rmSync(this.#root, { recursive: true, force: true });
  }
}

export class MemoryWorld implements LinkWorld {
  readonly #network: MemoryNetwork = new MemoryNetwork();
  #ports = 0;

  async agent(options: { timing?: Partial<LinkTiming>; outbound?: boolean } = {}): Promise<LinkAgent> {
    const key = ephemeralKey();
    const [events, counts] = [new RecordingEvents(), newCounts()];
    this.#ports += 1;
    const address = options.outbound === true ? '' : `memory:${this.#ports}`;
    const { timing } = options;
    const port = this.#network.attach({ id: key.id, address, events, counts, verify: key.verify, timing });
    return { id: key.id, record: key.seal(claimOf(key.id, { link: address })), port, events, counts };
  }

  async end(): Promise<void> {}
}
