// Which certificate is in use, which is next, and when they change.
//
// A player may hold a roster that is minutes old, or come back to a page that slept for days. So the hash of the next
// certificate is published for six days before it is used, and one in use has five days left when it is replaced.
//
//   day   0      6      12     18
//   A   ==|=========----|          == backdated, = in use, - still valid
//   B          ==|=========----|   made and published on day 0

import { type WebCertificate, webCertificate } from './certificate.ts';

/** How long one certificate is used: half of its lifetime. */
export const TURN_MS: number = 6 * 86_400_000;

export interface Turn {
  readonly current: WebCertificate;
  readonly next: WebCertificate;
  readonly nowMs: number;
}

export class CertificateRota {
  #current: WebCertificate;
  #next: WebCertificate;
  #turnAtMs: number;

  static async start(nowMs: number): Promise<CertificateRota> {
    const [current, next] = await Promise.all([webCertificate(nowMs), webCertificate(nowMs + TURN_MS)]);
    return new CertificateRota(current, next, nowMs + TURN_MS);
  }

  private constructor(current: WebCertificate, next: WebCertificate, turnAtMs: number) {
    this.#current = current;
    this.#next = next;
    this.#turnAtMs = turnAtMs;
  }

  get current(): WebCertificate {
    return this.#current;
  }

  /** Of the certificate in use, then of the next. */
  get hashes(): readonly string[] {
    return [this.#current.hash, this.#next.hash];
  }

  /** Is it time to turn? Also true long after, where the host slept. */
  due(nowMs: number): boolean {
    return nowMs >= this.#turnAtMs;
  }

  /** @returns the turn to come, without effect until it is given to `take`: the next certificate as the current one,
   *  or both new where that would expire too soon because the host slept */
  async turn(nowMs: number): Promise<Turn> {
    const usable = this.#next.toMs - nowMs >= TURN_MS;
    const current = usable ? this.#next : await webCertificate(nowMs);
    return { current, next: await webCertificate(nowMs + TURN_MS), nowMs };
  }

  take({ current, next, nowMs }: Turn): void {
    this.#current = current;
    this.#next = next;
    this.#turnAtMs = nowMs + TURN_MS;
  }
}
