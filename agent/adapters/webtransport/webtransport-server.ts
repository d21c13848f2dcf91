// The agent's WebTransport server: sessions in, exchanges answered by the edge, certificates rotated.
//
// Requests, caching, counters and errors are the edge's, the same as over HTTP; the library is behind the carrier port.
// At a rotation a library that can takes the new certificate on its port. One that cannot gets a second listener on
// the next port: PORT and PORT + 1 take turns, and the one that is not in the roster any more lives on until the next
// rotation, so that no session is cut before six days.
// Datagrams carry nothing yet: announcements of new segments and parts will go out by `Session.sendDatagram`.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Roster, RosterWebTransport } from '../../wire/roster.ts';
import { WEBTRANSPORT_PATH } from '../../wire/roster.ts';
import type { Carrier, Listener, Session, SessionRequest } from './carrier.ts';
import type { WebCertificate } from './certificate.ts';
import { CertificateRota } from './certificate-rota.ts';
import type { ExchangePorts } from './exchange.ts';
import { InFlight } from './in-flight.ts';
import { WEBTRANSPORT_LIMITS, type WebTransportLimits } from './limits.ts';
import { CLOSE, PlayerSession } from './player-session.ts';
import { TokenBucket } from './token-bucket.ts';

export interface WebTransportOptions {
  readonly host: string;
  /** UDP; 0 takes a free one at each rotation. */
  readonly port: number;
  /** Name or address under which players reach it, `[...]` around IPv6. */
  readonly publicHost: string;
  readonly drainMs: number;
  readonly limits?: Partial<WebTransportLimits>;
}

export type WebTransportPorts = Omit<ExchangePorts, 'limits'> & {
  readonly roster: () => Roster;
  /** Milliseconds since 1970, for certificates. */
  readonly wallMs: () => number;
  /** One line for the log. */
  readonly log: (line: string) => void;
};

export class WebTransportServer {
  readonly #carrier: Carrier;
  readonly #options: WebTransportOptions;
  readonly #ports: WebTransportPorts & ExchangePorts;
  readonly #rota: CertificateRota;
  readonly #inFlight: InFlight;
  readonly #handshakes: TokenBucket;
  /** Each with the listener that it came by. */
  readonly #sessions: Map<PlayerSession, Listener> = new Map();
  readonly #sweeper: NodeJS.Timeout;
  #listener: Listener;
  /** Of the certificate before. */
  #retired: Listener | undefined;
  #shown: RosterWebTransport;
  /** Sessions that are being accepted. */
  #taking = 0;
  /** No rotation before. */
  #rotateFromMs = 0;
  #draining = false;

  /** @throws RingcastError (as rejection) where the port cannot be had */
  static async listen(
    carrier: Carrier,
    options: WebTransportOptions,
    ports: WebTransportPorts,
  ): Promise<WebTransportServer> {
    const rota = await CertificateRota.start(ports.wallMs());
    const { host, port } = options;
    const listener = await carrier.listen({ host, port, certificate: rota.current, path: WEBTRANSPORT_PATH });
    return new WebTransportServer(carrier, options, ports, rota, listener);
  }

  private constructor(
    carrier: Carrier,
    options: WebTransportOptions,
    ports: WebTransportPorts,
    rota: CertificateRota,
    listener: Listener,
  ) {
    const limits = { ...WEBTRANSPORT_LIMITS, ...options.limits };
    this.#carrier = carrier;
    this.#options = options;
    this.#ports = { ...ports, limits };
    this.#rota = rota;
    this.#listener = listener;
    this.#inFlight = new InFlight(limits.inFlightBytesMax);
    this.#handshakes = new TokenBucket(limits.handshakeBurst, limits.handshakesPerS, ports.now());
    this.#shown = this.#show();
    this.#sweeper = setInterval(() => this.#sweep(), limits.sweepMs);
    this.#sweeper.unref();
    void this.#accept(listener);
  }

  /** The library that serves. */
  get library(): string {
    return this.#carrier.name;
  }

  /** For the roster: the same object as long as nothing changed. */
  get shown(): RosterWebTransport {
    return this.#shown;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  get inFlightBytes(): number {
    return this.#inFlight.bytes;
  }

  /** Puts the next certificate to use. Sessions live on. Called by itself at half-life.
   *  @throws RingcastError (as rejection) where the second port cannot be had; the certificate before stays in use */
  async rotate(): Promise<void> {
    const turn = await this.#rota.turn(this.#ports.wallMs());
    if (this.#listener.renew !== undefined) {
      this.#listener.renew(turn.current);
    } else {
      const next = await this.#listenBeside(turn.current);
      this.#retired = this.#listener;
      this.#listener = next;
      void this.#accept(next);
    }
    this.#rota.take(turn);
    this.#shown = this.#show();
  }

  /** Takes no more sessions and requests, finishes replies for at most `drainMs`, and calls `done`. */
  drain(done: () => void): void {
    this.#draining = true;
    for (const session of this.#sessions.keys()) session.drain();
    const deadlineMs = this.#ports.now() + this.#options.drainMs;
    const look = (): void => {
      const nowMs = this.#ports.now();
      for (const session of this.#sessions.keys()) session.sweep(nowMs);
      if (this.#sessions.size > 0 && nowMs < deadlineMs) setTimeout(look, DRAIN_LOOK_MS);
      else this.close(done);
    };
    look();
  }

  close(done: () => void): void {
    this.#draining = true;
    clearInterval(this.#sweeper);
    for (const session of [...this.#sessions.keys()]) session.close(CLOSE.draining, 'the agent goes away');
    this.#listener.close();
    this.#retired?.close();
    done();
  }

  #listenBeside(certificate: WebCertificate): Promise<Listener> {
    const { host, port } = this.#options;
    this.#endRetired();
    const other = port === 0 ? 0 : this.#listener.port === port ? port + 1 : port;
    return this.#carrier.listen({
      host,
      port: other,
      certificate,
      path: WEBTRANSPORT_PATH,
    });
  }

  /** What came by the listener before has had six days, and its port is needed. */
  #endRetired(): void {
    const retired = this.#retired;
    if (retired === undefined) return;
    this.#retired = undefined;
    retired.close();
    for (const [session, listener] of [...this.#sessions]) {
      if (listener === retired) session.close(CLOSE.gone, 'this session is older than its certificate');
    }
  }

  #show(): RosterWebTransport {
    const url = `https://${this.#options.publicHost}:${this.#listener.port}${WEBTRANSPORT_PATH}`;
    return { url, certificateHashes: this.#rota.hashes };
  }

  async #accept(listener: Listener): Promise<void> {
    while (!this.#draining) {
      const waitMs = this.#handshakes.take(this.#ports.now());
      if (waitMs > 0) {
        // Handshakes wait in the library, which bounds them; the next look takes a token.
        await sleep(waitMs, undefined, { ref: false });
        continue;
      }
      let request: SessionRequest | undefined;
      try {
        request = await listener.accept();
      } catch {
        // Somebody's handshake failed: that is nobody else's matter, and no line for every probe of the port.
        this.#ports.counts['rejected.webtransport'] += 1;
        continue;
      }
      if (request === undefined) return;
      this.#take(request, listener);
    }
  }

  #take(request: SessionRequest, listener: Listener): void {
    const wrongPath = request.path !== undefined && request.path !== WEBTRANSPORT_PATH;
    if (wrongPath || this.#draining || this.#sessions.size + this.#taking >= this.#ports.limits.sessionsMax) {
      this.#ports.counts['rejected.webtransport'] += 1;
      request.refuse(wrongPath ? 404 : 503);
      return;
    }
    this.#taking += 1;
    request.take().then(
      (session) => {
        this.#taking -= 1;
        void this.#run(session, listener);
      },
      () => {
        // The player went away within the handshake.
        this.#taking -= 1;
      },
    );
  }

  async #run(session: Session, listener: Listener): Promise<void> {
    const player = new PlayerSession(session, this.#inFlight, this.#ports);
    this.#sessions.set(player, listener);
    if (this.#draining) player.close(CLOSE.draining, 'the agent goes away');
    await player.run();
    this.#sessions.delete(player);
  }

  #sweep(): void {
    const nowMs = this.#ports.now();
    for (const session of [...this.#sessions.keys()]) session.sweep(nowMs);
    const wallMs = this.#ports.wallMs();
    if (this.#draining || wallMs < this.#rotateFromMs || !this.#rota.due(wallMs)) return;
    // One attempt at a time, and the next some time after one that failed: a library may keep a port until its garbage
    // is collected, and the certificate in use has days left.
    this.#rotateFromMs = wallMs + ROTATE_RETRY_MS;
    this.rotate().catch((error: Error) => this.#ports.log(`the certificate stays: ${error.message}`));
  }
}

/** How often a drain looks whether it is through. */
const DRAIN_LOOK_MS = 20;
const ROTATE_RETRY_MS = 3_600_000;
