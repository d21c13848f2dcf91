// What a program that embeds an agent imports: `import { createAgent } from 'ringcast'`.

import { RingcastError } from './adapters/ringcast-error.ts';
import { checkConfig } from './config/config.ts';
import type { Config } from './config/options.ts';
import type { Reach } from './core/polyring/cast-path.ts';
import { Daemon } from './daemon.ts';
import { CAST_BYTES_MAX } from './wire/limits.ts';

export { RingcastError } from './adapters/ringcast-error.ts';
export type { Config, OptionName } from './config/options.ts';
export { VERSION } from './version.ts';

/** Options of an agent, by the names of the command line; `origin` and `listen` are required. */
export type AgentOptions = Pick<Config, 'origin' | 'listen'> & Partial<Config>;

/** For whom a message is: a region by its label, a ring of the agent's own path by its id, whoever subscribed to a
 *  topic, or everybody. */
export type MulticastTo =
  | { readonly region: string }
  | { readonly ring: string }
  | { readonly topic: string }
  | { readonly world: true };

export type MulticastListener = (
  bytes: Uint8Array,
  about: { readonly origin: string; readonly to: MulticastTo },
) => void;

export interface Agent {
  /** Base URL under which players reach the agent. */
  readonly publicUrl: string;
  /** Sends to every other agent that `to` names, once each; messages may overtake each other.
   *  @param bytes at most 8 KiB, not changed from here on
   *  @throws RingcastError `multicast-refused` for more bytes, or a region or ring that the agent knows nothing of */
  multicast(to: MulticastTo, bytes: Uint8Array): void;
  /** @throws RingcastError `multicast-refused` for an empty topic, one above 42 characters, or the 257th */
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Called with every message that is multicast to this agent. @returns a call that ends it */
  onMulticast(listener: MulticastListener): () => void;
  /** Says good-bye to the ring, finishes what is under way, closes everything. */
  stop(): Promise<void>;
}

/** Starts an agent in this process.
 *  @throws RingcastError `bad-config` with every problem in its message, or what a listener or the identity says */
export async function createAgent(options: AgentOptions): Promise<Agent> {
  const result = checkConfig(options as unknown as Readonly<Record<string, unknown>>);
  if (!result.ok) throw new RingcastError('bad-config', result.problems.join('; '));
  const daemon = await Daemon.start(result.config);
  const { casts } = daemon;
  return {
    publicUrl: daemon.publicUrl,
    stop: () => daemon.stop(),
    multicast: (to, bytes) => {
      const refusal = casts.multicast(reachOf(to), bytes);
      if (refusal !== undefined) throw new RingcastError('multicast-refused', REFUSALS[refusal]);
    },
    subscribe: (topic) => {
      if (casts.subscribe(topic)) return;
      throw new RingcastError(
        'multicast-refused',
        `expected a topic of 1 to 42 characters, the 256th at most, got "${topic}"`,
      );
    },
    unsubscribe: (topic) => casts.unsubscribe(topic),
    onMulticast: (listener) =>
      casts.listen((bytes, { origin, reach, target }) =>
        listener(bytes, { origin, to: toOf(reach, target) }),
      ),
  };
}

const REFUSALS = {
  'unknown-target': 'the agent knows no such region, and has no such ring on its path',
  'too-large': `expected at most ${CAST_BYTES_MAX} bytes: send where to fetch them instead`,
  stopped: 'the agent is stopped',
} as const;

function reachOf(to: MulticastTo): Reach {
  if ('region' in to) return { reach: 'region', target: to.region };
  if ('ring' in to) return { reach: 'ring', target: to.ring };
  if ('topic' in to) return { reach: 'topic', target: to.topic };
  return { reach: 'world', target: '' };
}

function toOf(reach: Reach['reach'], target: string): MulticastTo {
  switch (reach) {
    case 'region':
      return { region: target };
    case 'ring':
      return { ring: target };
    case 'topic':
      return { topic: target };
    case 'world':
      return { world: true };
  }
}
