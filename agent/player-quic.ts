// Players over WebTransport, where the operator asks for it and a QUIC library works here.
//
// Without a library the agent serves HTTP all the same: it says why, once, in the log and in /health. A port that
// cannot be had is an error as for every other listener.

import { performance } from 'node:perf_hooks';
import type { Log } from './adapters/log/log.ts';
import { chooseCarrier } from './adapters/webtransport/choose-carrier.ts';
import { WebTransportServer } from './adapters/webtransport/webtransport-server.ts';
import { listenAddress } from './config/address.ts';
import type { Config } from './config/options.ts';
import type { Counts, Timings } from './core/counters.ts';
import type { ServeViewer } from './edge/ports.ts';
import type { Roster, RosterWebTransport } from './wire/roster.ts';

export interface PlayerQuicPorts {
  readonly serve: ServeViewer;
  readonly roster: () => Roster;
  readonly counts: Counts;
  readonly timings: Timings;
  readonly publicUrl: string;
  readonly log: Log;
}

export class PlayerQuic {
  /** One sentence for /health: which library serves where, or why none does. */
  readonly state: string;
  readonly #server: WebTransportServer | undefined;

  /** @returns undefined where it is not asked for
   *  @throws RingcastError (as rejection) where the port cannot be had */
  static async open(config: Config, ports: PlayerQuicPorts): Promise<PlayerQuic | undefined> {
    if (config.webtransport === undefined) return undefined;
    const choice = await chooseCarrier();
    if (!choice.ok) {
      ports.log.warn('webtransport.off', { why: choice.why });
      return new PlayerQuic(`off: ${choice.why}`, undefined);
    }
    const { serve, roster, counts, timings, log } = ports;
    const server = await WebTransportServer.listen(
      choice.carrier,
      {
        ...listenAddress(config.webtransport),
        publicHost: new URL(ports.publicUrl).hostname,
        drainMs: config['drain-ms'],
      },
      {
        ...{ serve, roster, counts, timings },
        now: () => performance.now(),
        wallMs: () => Date.now(),
        log: (line) => log.warn('webtransport', { line }),
      },
    );
    log.info('webtransport.ready', { library: server.library, url: server.shown.url });
    return new PlayerQuic(`by ${server.library}`, server);
  }

  private constructor(state: string, server: WebTransportServer | undefined) {
    this.state = state;
    this.#server = server;
  }

  get shown(): RosterWebTransport | undefined {
    return this.#server?.shown;
  }

  get sessions(): number {
    return this.#server?.sessions ?? 0;
  }

  drain(done: () => void): void {
    if (this.#server === undefined) done();
    else this.#server.drain(done);
  }
}
