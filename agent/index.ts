// What a program that embeds an agent imports: `import { createAgent } from 'ringcast'`.

import { RingcastError } from './adapters/ringcast-error.ts';
import { checkConfig } from './config/config.ts';
import type { Config } from './config/options.ts';
import { Daemon } from './daemon.ts';

export { RingcastError } from './adapters/ringcast-error.ts';
export type { Config, OptionName } from './config/options.ts';
export { VERSION } from './version.ts';

/** Options of an agent, by the names of the command line; `origin` and `listen` are required. */
export type AgentOptions = Pick<Config, 'origin' | 'listen'> & Partial<Config>;

export interface Agent {
  /** Base URL under which players reach the agent. */
  readonly publicUrl: string;
  /** Says good-bye to the ring, finishes what is under way, closes everything. */
  stop(): Promise<void>;
}

/** Starts an agent in this process.
 *  @throws RingcastError `bad-config` with every problem in its message, or what a listener or the identity says */
export async function createAgent(options: AgentOptions): Promise<Agent> {
  const result = checkConfig(options as unknown as Readonly<Record<string, unknown>>);
  if (!result.ok) throw new RingcastError('bad-config', result.problems.join('; '));
  return await Daemon.start(result.config);
}
