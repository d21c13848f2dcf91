// The loader that hls.js makes for each segment, or playlist: agents first, then the origin, and the rest of a broken
// transfer from whoever comes next.
//
// An agent that is late to begin is raced by the next one: the first answer that fits wins, the others are dropped.
// It keeps hls.js's loader contract (its sources, version 1.7, are the reference): one statistics object for life,
// a buffer of hls.js's own, one final callback and then silence, `destroy` from within that callback, start <= first
// <= end. Retries are hls.js's, with a new loader; time-outs are kept by spending at most half of each budget on
// agents and giving the inner loader what is left.
// It does not choose agents (the desk's plan does), nor judge their pace (deadline.ts).

import type {
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderContext,
  LoaderStats,
} from 'hls.js';
import type { AgentGet } from './agent-get.ts';
import { AgentRace } from './agent-race.ts';
import { type KnownAgent, linkOf } from './agent-set.ts';
import {
  type ByteRange,
  fitsFresh,
  fitsResumed,
  headOf,
  headOfDetails,
  lengthOf,
  validatorOf,
} from './answer.ts';
import { PATIENCE_MIN_MS, patienceMs } from './deadline.ts';
import type { Desk, LoadKind, Plan, SourceLeg } from './desk.ts';
import type { AgentFault } from './fallback.ts';
import { Gathered, SEGMENT_BYTES_MAX } from './gathered.ts';
import { beginLeg, timingOf } from './leg.ts';
import { copyLoading, freshStats, writeTiming } from './load-stats.ts';
import { type InnerLoader, OriginLoad, remainingConfig } from './origin-get.ts';

/** Agents asked for one load. */
const TRIES_MAX = 3;
/** Share of hls.js's own time-outs that agents may use up. */
const AGENT_SHARE = 0.5;
export interface LoaderSetup {
  readonly kind: LoadKind;
  readonly desk: Desk;
  /** hls.js's default loader, or the page's own, made with `config`. */
  readonly Inner: InnerLoader;
  readonly config: HlsConfig;
}

interface Job<C extends LoaderContext> {
  readonly context: C;
  readonly config: LoaderConfiguration;
  readonly callbacks: LoaderCallbacks<C>;
  readonly plan: Plan;
  readonly range: ByteRange | undefined;
  readonly startMs: number;
  /** By when the first byte must come before the origin is asked. */
  patienceEndsMs: number;
  /** Agents not yet asked. */
  readonly queue: KnownAgent[];
  /** Sources of the bytes gathered. */
  legs: SourceLeg[];
}

type Details = Response | XMLHttpRequest | null;

export class RingLoader<C extends LoaderContext> implements Loader<C> {
  context: C | null = null;
  readonly stats: LoaderStats = freshStats();
  readonly #setup: LoaderSetup;
  readonly #gathered = new Gathered();
  /** Present from `load` until the one final callback. */
  #job: Job<C> | undefined = undefined;
  #race: AgentRace | undefined = undefined;
  #origin: OriginLoad | undefined = undefined;
  #answer: Response | null = null;

  constructor(setup: LoaderSetup) {
    this.#setup = setup;
  }

  load(context: C, config: LoaderConfiguration, callbacks: LoaderCallbacks<C>): void {
    if (this.stats.loading.start !== 0) throw new Error('Loader can only be used once.');
    const { desk } = this.#setup;
    const startMs = desk.world.now();
    this.stats.loading.start = startMs;
    this.context = context;
    const range = rangeOf(context);
    const plan = desk.plan(context.url, range);
    const blocking = context.url.includes('_HLS_msn=');
    // Where all agents were slow to begin before, they get half the time to do better.
    const share = plan.agents[0]?.doubted ? 0.5 : 1;
    const patience = blocking ? Number.POSITIVE_INFINITY : patienceMs(desk.bufferMs()) * share;
    this.#job = {
      context,
      config,
      callbacks,
      plan,
      range,
      startMs,
      patienceEndsMs: startMs + Math.min(patience, agentFirstByteMs(config)),
      queue: plan.agents.slice(0, blocking ? 1 : TRIES_MAX),
      legs: [],
    };
    if ('reason' in plan && plan.reason) desk.keptFromAgents(plan.reason, context.url);
    this.#next(this.#job);
  }

  abort(): void {
    const job = this.#stop();
    if (!job) return;
    this.stats.aborted = true;
    job.callbacks.onAbort?.(this.stats, job.context, this.#answer);
  }

  destroy(): void {
    if (this.#stop()) this.stats.aborted = true;
    this.#origin?.stop();
    this.#origin = undefined;
    this.#gathered.clear();
    this.context = null;
  }

  getCacheAge(): number | null {
    if (this.#origin) return this.#origin.getCacheAge();
    const age = Number.parseFloat(this.#answer?.headers.get('age') ?? '');
    return Number.isNaN(age) ? null : age;
  }

  getResponseHeader(name: string): string | null {
    return this.#origin ? this.#origin.getResponseHeader(name) : (this.#answer?.headers.get(name) ?? null);
  }

  /** Ends what is under way; the bytes gathered are waste. @returns the job, if one was */
  #stop(): Job<C> | undefined {
    const job = this.#job;
    if (!job) return undefined;
    this.#job = undefined;
    this.#race?.cancel();
    this.#origin?.stop();
    this.#setup.desk.wasted(this.#gathered.length);
    return job;
  }

  #next(job: Job<C>): void {
    const { world } = this.#setup.desk;
    if (!this.#gathered.resumable) this.#startAgain(job);
    const resumed = this.#gathered.validator;
    const range = resumed ? restOf(job.range, this.#gathered.length, resumed.total) : job.range;
    let leg: SourceLeg | undefined;
    const race = new AgentRace(
      world,
      {
        queue: job.queue,
        patienceEndsMs: job.patienceEndsMs,
        get: (agent) => this.#agentGet(job, agent, range),
      },
      {
        head: (agent, startMs, response) => {
          if (!this.#fits(response, range)) return false;
          leg = { ...beginLeg(startMs, linkOf(agent)), agent };
          this.#began(job, leg, response);
          return true;
        },
        bytes: (chunk) => {
          if (leg) this.#agentBytes(leg, chunk);
          if (leg?.agent && leg.bytes > SEGMENT_BYTES_MAX) race.refuse(leg.agent, 'mismatch');
        },
        end: () => this.#agentEnd(job),
        left: (agent, fault) => {
          const load = { url: job.context.url, bytes: this.#gathered.length };
          this.#setup.desk.agentFailed(agent, fault, load);
        },
        over: (fault) => this.#agentsOver(job, fault),
      },
    );
    this.#race = race;
    if (!race.start()) this.#askOrigin(job);
  }

  #startAgain(job: Job<C>): void {
    this.#setup.desk.wasted(this.#gathered.length);
    this.#gathered.clear();
    job.legs = [];
    this.stats.loaded = 0;
    this.stats.total = 0;
    this.stats.loading.first = 0;
  }

  #agentGet(job: Job<C>, agent: KnownAgent, range: ByteRange | undefined): Omit<AgentGet, 'slowAfterMs'> {
    const { desk } = this.#setup;
    return {
      url: agent.url + (job.plan.place?.target ?? ''),
      headers: job.context.headers ?? {},
      range,
      endByMs: job.startMs + AGENT_SHARE * job.config.loadPolicy.maxLoadTimeMs,
      pace: () => ({
        slackMs: Math.max(durationMs(job.context), desk.bufferMs() ?? 0),
        otherBytesPerMs: desk.otherRate(agent.url),
      }),
    };
  }

  #fits(response: Response, range: ByteRange | undefined): boolean {
    const head = headOf(response);
    const { validator } = this.#gathered;
    if (validator && range) return fitsResumed(head, range, validator);
    return fitsFresh(head, range) && lengthOf(head) <= SEGMENT_BYTES_MAX;
  }

  #began(job: Job<C>, leg: SourceLeg, response: Response): void {
    const { stats } = this;
    leg.firstMs = leg.endMs = this.#setup.desk.world.now();
    if (job.legs.length === 0) {
      const head = headOf(response);
      this.#gathered.validator = this.#setup.kind === 'segment' ? validatorOf(head) : undefined;
      stats.total = job.range ? job.range.end - job.range.start : lengthOf(head);
      stats.loading.start = leg.startMs;
      stats.loading.first = leg.firstMs;
    }
    job.legs.push(leg);
    this.#answer = response;
  }

  #agentBytes(leg: SourceLeg, chunk: Uint8Array<ArrayBuffer>): void {
    this.#gathered.add(chunk);
    leg.bytes += chunk.length;
    leg.endMs = this.#setup.desk.world.now();
    this.stats.loaded = this.#gathered.length;
  }

  #agentEnd(job: Job<C>): AgentFault | undefined {
    const { length } = this.#gathered;
    const { total } = this.stats;
    // A body that was coded on the way is longer than announced; only a shorter one is known to be incomplete.
    const wrong = job.range ? length !== total : length < total;
    if (length === 0 || wrong) return 'cut';
    this.#succeed(job, this.#answer);
    return undefined;
  }

  #agentsOver(job: Job<C>, fault: AgentFault): void {
    if (this.#job !== job) return;
    // A transfer that broke off had its first byte: the next source gets a short patience of its own.
    if (this.#gathered.length > 0) job.patienceEndsMs = this.#setup.desk.world.now() + PATIENCE_MIN_MS;
    if (fault === 'out-of-time') job.queue.length = 0;
    this.#next(job);
  }

  #askOrigin(job: Job<C>): void {
    const { desk, Inner, config } = this.#setup;
    if (!desk.resumesAtOrigin) this.#startAgain(job);
    const { validator } = this.#gathered;
    const rest = validator && restOf(job.range, this.#gathered.length, validator.total);
    const url = job.plan.place?.originUrl ?? job.context.url;
    const context: LoaderContext = { ...job.context, url };
    if (rest) Object.assign(context, { rangeStart: rest.start, rangeEnd: rest.end });
    const leg: SourceLeg = { ...beginLeg(desk.world.now(), undefined), agent: undefined };
    this.#origin?.stop();
    this.#origin = new OriginLoad(desk.world, new Inner(config));
    this.#origin.start({
      context,
      config: remainingConfig(job.config, desk.world.now() - job.startMs),
      callbacks: rest ? this.#restCallbacks(job, leg, rest) : this.#wholeCallbacks(job, leg),
      mirror: (stats) => this.#mirror(leg, stats, rest !== undefined),
    });
  }

  #mirror(leg: SourceLeg, inner: LoaderStats, resumed: boolean): void {
    leg.firstMs = inner.loading.first;
    leg.endMs = inner.loading.end;
    leg.bytes = inner.loaded;
    if (resumed) this.stats.loaded = this.#gathered.length + inner.loaded;
    else copyLoading(inner, this.stats);
  }

  #wholeCallbacks(job: Job<C>, leg: SourceLeg): LoaderCallbacks<LoaderContext> {
    const { callbacks, context } = job;
    const own: LoaderCallbacks<LoaderContext> = {
      ...this.#failureCallbacks(job),
      onSuccess: (response, _stats, _context, details) => {
        if (this.#job !== job) return;
        this.#job = undefined;
        this.#report(job, [leg], false);
        callbacks.onSuccess(response, this.stats, context, details);
      },
    };
    if (callbacks.onProgress) {
      own.onProgress = (_stats, _context, data, details) => {
        if (this.#job === job) callbacks.onProgress?.(this.stats, context, data, details);
      };
    }
    return own;
  }

  /** For the rest of a segment: whatever goes wrong, the whole is asked for once more. */
  #restCallbacks(job: Job<C>, leg: SourceLeg, rest: ByteRange): LoaderCallbacks<LoaderContext> {
    const whole = (): void => {
      if (this.#job !== job) return;
      this.#setup.desk.wasted(leg.bytes);
      this.#startAgain(job);
      this.#askOrigin(job);
    };
    return {
      ...this.#failureCallbacks(job),
      onError: whole,
      onSuccess: (response, _stats, _context, details) => {
        const head = headOfDetails(details);
        const { validator } = this.#gathered;
        const data = response.data;
        const fits = head && validator && fitsResumed(head, rest, validator);
        if (this.#job !== job) return;
        if (!fits || !(data instanceof ArrayBuffer) || data.byteLength !== rest.end - rest.start) {
          this.#setup.desk.resumesAtOrigin = false;
          return whole();
        }
        this.#gathered.add(new Uint8Array(data));
        job.legs.push(leg);
        this.#succeed(job, details as Details);
      },
    };
  }

  #failureCallbacks(job: Job<C>): LoaderCallbacks<LoaderContext> {
    const { callbacks, context } = job;
    return {
      onSuccess: () => {},
      onError: (error, _context, details) => {
        if (this.#job !== job) return;
        this.#job = undefined;
        callbacks.onError(error, context, details, this.stats);
      },
      onTimeout: (_stats, _context, details) => {
        if (this.#job !== job) return;
        this.#stop();
        this.stats.aborted = true;
        callbacks.onTimeout(this.stats, context, details);
      },
    };
  }

  /** All bytes are gathered, from agents or from agents and the origin. */
  #succeed(job: Job<C>, details: Details): void {
    const { legs, callbacks, context } = job;
    const bytes = this.#gathered.length;
    const buffer = this.#gathered.take();
    writeTiming(timingOf(legs, this.#setup.desk.world.now()), bytes, this.stats);
    this.#report(job, legs, legs.length > 1);
    const data = context.responseType === 'text' ? new TextDecoder().decode(buffer) : buffer;
    callbacks.onProgress?.(this.stats, context, data, details);
    // The progress callback may have aborted or destroyed this loader.
    if (this.#job !== job) return;
    this.#job = undefined;
    callbacks.onSuccess({ url: context.url, data, code: 200 }, this.stats, context, details);
  }

  #report(job: Job<C>, legs: readonly SourceLeg[], resumed: boolean): void {
    const { kind, desk } = this.#setup;
    desk.loaded({ kind, url: job.context.url, legs, startMs: job.startMs, resumed });
  }
}

/** Time that agents may use of what hls.js allows for the first byte; it takes 0 for no limit of its own. */
function agentFirstByteMs(config: LoaderConfiguration): number {
  const { maxTimeToFirstByteMs, maxLoadTimeMs } = config.loadPolicy;
  return AGENT_SHARE * Math.min(maxLoadTimeMs, maxTimeToFirstByteMs || maxLoadTimeMs);
}

/** hls.js's 0 and 0, or absent: the whole. */
function rangeOf(context: LoaderContext): ByteRange | undefined {
  return context.rangeEnd ? { start: context.rangeStart ?? 0, end: context.rangeEnd } : undefined;
}

function restOf(range: ByteRange | undefined, length: number, total: number): ByteRange {
  const base = range?.start ?? 0;
  return { start: base + length, end: base + total };
}

function durationMs(context: LoaderContext): number {
  const { part, frag } = context as { part?: { duration: number } | null; frag?: { duration: number } };
  return 1000 * ((part ?? frag)?.duration || 2);
}
