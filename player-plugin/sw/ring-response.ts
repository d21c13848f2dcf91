// One response of the service worker: an agent's bytes as they arrive, and what it breaks off from the next agent or the
// origin.
//
// The bytes stream through, unlike with the hls.js loader: the player on the page takes the time between them for the
// speed of its line. So what has gone to the page cannot be taken back: where the rest cannot be had of the very same
// version, the response breaks off as it would have without a worker, and the player asks again.

import { AgentRace } from '../agent-race.ts';
import { type KnownAgent, linkOf } from '../agent-set.ts';
import { type ByteRange, fitsFresh, fitsResumed, headOf, lengthOf, validatorOf } from '../answer.ts';
import { PATIENCE_MIN_MS, patienceMs } from '../deadline.ts';
import type { Desk, LoadKind, Plan, SourceLeg } from '../desk.ts';
import type { AgentFault } from '../fallback.ts';
import { SEGMENT_BYTES_MAX, type Validator } from '../gathered.ts';
import { beginLeg } from '../leg.ts';

/** Agents asked for one response. */
const TRIES_MAX = 3;
/** By when an agent's last byte must be here. */
const AGENT_MS_MAX = 60_000;
/** Time in which the rest should come; how much the player has buffered is not known here. */
const SLACK_MS = 4_000;

export interface RingAsk {
  readonly kind: LoadKind;
  readonly url: string;
  readonly range: ByteRange | undefined;
  readonly plan: Plan;
  /** Those of the page's request. */
  readonly headers: Readonly<Record<string, string>>;
  /** The page's own request, sent on as it is, or with another range. */
  askOrigin(rest: ByteRange | undefined): Promise<Response>;
}

export function ringResponse(desk: Desk, ask: RingAsk): Promise<Response> {
  return new Promise((resolve, reject) => new Transfer(desk, ask, { resolve, reject }).next());
}

interface Settle {
  resolve(response: Response): void;
  reject(cause: unknown): void;
}

class Transfer {
  readonly #desk: Desk;
  readonly #ask: RingAsk;
  readonly #settle: Settle;
  readonly #queue: KnownAgent[];
  readonly #startMs: number;
  #patienceEndsMs: number;
  /** Present once the page has its response. */
  #page: ReadableStreamDefaultController<Uint8Array> | undefined = undefined;
  #validator: Validator | undefined = undefined;
  #total = 0;
  #length = 0;
  readonly #legs: SourceLeg[] = [];
  #stop: () => void = () => {};

  constructor(desk: Desk, ask: RingAsk, settle: Settle) {
    this.#desk = desk;
    this.#ask = ask;
    this.#settle = settle;
    this.#queue = ask.plan.agents.slice(0, TRIES_MAX);
    this.#startMs = desk.world.now();
    this.#patienceEndsMs = this.#startMs + patienceMs(desk.bufferMs());
  }

  next(): void {
    const { url, headers, plan } = this.#ask;
    const range = this.#rest();
    let leg: SourceLeg | undefined;
    const race = new AgentRace(
      this.#desk.world,
      {
        queue: this.#queue,
        patienceEndsMs: this.#patienceEndsMs,
        get: (agent) => ({
          url: agent.url + (plan.place?.target ?? ''),
          headers,
          range,
          endByMs: this.#startMs + AGENT_MS_MAX,
          pace: () => ({ slackMs: SLACK_MS, otherBytesPerMs: this.#desk.otherRate(agent.url) }),
        }),
      },
      {
        head: (agent, startMs, response) => {
          if (!this.#begins(response, range)) return false;
          leg = this.#leg(agent, startMs);
          return true;
        },
        bytes: (chunk) => {
          if (leg) this.#give(leg, chunk);
          if (leg?.agent && leg.bytes > SEGMENT_BYTES_MAX) race.refuse(leg.agent, 'mismatch');
        },
        end: () => {
          if (this.#length < this.#total) return 'cut';
          this.#finish();
          return undefined;
        },
        beside: () => this.#desk.hedged(),
        left: (agent, fault) => this.#desk.agentFailed(agent, fault, { url, bytes: this.#length }),
        over: (fault) => this.#over(fault),
      },
    );
    this.#stop = () => race.cancel();
    if (!race.start()) void this.#askOrigin().catch((cause) => this.#fail(cause));
  }

  /** What is still to come: at first all that was asked for. */
  #rest(): ByteRange | undefined {
    const { range } = this.#ask;
    if (!this.#validator) return range;
    const base = range?.start ?? 0;
    return { start: base + this.#length, end: base + this.#validator.total };
  }

  /** @returns whether this answer fits; the page has its response from the first that does */
  #begins(response: Response, range: ByteRange | undefined): boolean {
    const head = headOf(response);
    if (this.#page)
      return (
        this.#validator !== undefined && range !== undefined && fitsResumed(head, range, this.#validator)
      );
    if (!fitsFresh(head, range) || lengthOf(head) > SEGMENT_BYTES_MAX) return false;
    this.#validator = this.#ask.kind === 'segment' ? validatorOf(head) : undefined;
    this.#total = lengthOf(head);
    this.#settle.resolve(new Response(this.#stream(), { status: response.status, headers: kept(response) }));
    return true;
  }

  #stream(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      start: (controller) => {
        this.#page = controller;
      },
      cancel: () => {
        this.#stop();
        this.#desk.aborted();
      },
    });
  }

  #leg(agent: KnownAgent | undefined, startMs: number): SourceLeg {
    const leg = { ...beginLeg(startMs, agent && linkOf(agent)), agent };
    leg.firstMs = leg.endMs = this.#desk.world.now();
    this.#legs.push(leg);
    return leg;
  }

  #give(leg: SourceLeg, chunk: Uint8Array): void {
    leg.bytes += chunk.length;
    leg.endMs = this.#desk.world.now();
    this.#length += chunk.length;
    this.#page?.enqueue(chunk);
  }

  #over(fault: AgentFault): void {
    if (fault === 'out-of-time') this.#queue.length = 0;
    if (this.#length > 0) this.#patienceEndsMs = this.#desk.world.now() + PATIENCE_MIN_MS;
    if (this.#page && !this.#validator) this.#fail(new TypeError(`ringcast: ${fault}`));
    else this.next();
  }

  async #askOrigin(): Promise<void> {
    const { world } = this.#desk;
    let stopped = false;
    this.#stop = () => {
      stopped = true;
    };
    const startMs = world.now();
    const rest = this.#page ? this.#rest() : undefined;
    const response = await this.#ask.askOrigin(rest);
    if (!this.#page) {
      // An answer that may not be read, or has no body, is the page's as it is.
      if (!response.body) {
        this.#settle.resolve(response);
        return;
      }
      const { status, statusText } = response;
      const whole = new Response(this.#stream(), { status, statusText, headers: kept(response) });
      this.#settle.resolve(whole);
    } else if (!rest || !this.#validator || !fitsResumed(headOf(response), rest, this.#validator)) {
      throw new TypeError('ringcast: the origin has another version');
    }
    const leg = this.#leg(undefined, startMs);
    const reader = response.body?.getReader();
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      if (stopped) {
        await reader?.cancel();
        return;
      }
      this.#give(leg, read.value);
    }
    if (stopped) return;
    if (response.ok) this.#finish();
    else this.#page?.close();
  }

  #finish(): void {
    this.#page?.close();
    const { kind, url } = this.#ask;
    const resumed = this.#legs.length > 1;
    this.#desk.loaded({ kind, url, legs: this.#legs, startMs: this.#startMs, resumed });
  }

  #fail(cause: unknown): void {
    this.#desk.wasted(this.#length);
    if (this.#page) this.#page.error(cause);
    else this.#settle.reject(cause);
  }
}

/** The body is no longer coded as it came. */
function kept(response: Response): Headers {
  const headers = new Headers(response.headers);
  if (headers.has('content-encoding')) headers.delete('content-length');
  headers.delete('content-encoding');
  return headers;
}
