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
import { PATIENCE_MIN_MS } from './deadline.ts';
import type { Desk, LoadKind, SourceLeg } from './desk.ts';
import type { AgentFault } from './fallback.ts';
import { Gathered, SEGMENT_BYTES_MAX } from './gathered.ts';
import { beginLeg, timingOf } from './leg.ts';
import { beginJob, durationMs, type LoadJob, restOf } from './load-job.ts';
import { copyLoading, freshStats, writeTiming } from './load-stats.ts';
import { type InnerLoader, OriginLoad, remainingConfig } from './origin-get.ts';

export interface LoaderSetup {
  /** undefined: the origin's alone, and not counted. */
  kind(context: LoaderContext): LoadKind | undefined;
  readonly desk: Desk;
  /** hls.js's default loader, or the page's own, made with `config`. */
  readonly Inner: InnerLoader;
  readonly config: HlsConfig;
}

type Details = Response | XMLHttpRequest | null;

export class RingLoader<C extends LoaderContext> implements Loader<C> {
  context: C | null = null;
  readonly stats: LoaderStats = freshStats();
  readonly #setup: LoaderSetup;
  readonly #gathered = new Gathered();
  /** Present from `load` until the one final callback. */
  #job: LoadJob<C> | undefined = undefined;
  #race: AgentRace | undefined = undefined;
  #origin: OriginLoad | undefined = undefined;
  #answer: Response | null = null;

  constructor(setup: LoaderSetup) {
    this.#setup = setup;
  }

  load(context: C, config: LoaderConfiguration, callbacks: LoaderCallbacks<C>): void {
    if (this.stats.loading.start !== 0) throw new Error('Loader can only be used once.');
    const { desk, kind } = this.#setup;
    const job = beginJob(desk, kind(context), { context, config, callbacks });
    const { plan } = job;
    this.stats.loading.start = job.startMs;
    this.context = context;
    this.#job = job;
    if ('reason' in plan && plan.reason) desk.keptFromAgents(plan.reason, context.url);
    this.#next(job);
  }

  abort(): void {
    const job = this.#giveUp();
    job?.callbacks.onAbort?.(this.stats, job.context, this.#answer);
  }

  destroy(): void {
    this.#giveUp();
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

  #giveUp(): LoadJob<C> | undefined {
    const job = this.#stop();
    if (!job) return undefined;
    this.stats.aborted = true;
    if (job.kind) this.#setup.desk.aborted();
    return job;
  }

  /** Ends what is under way; the bytes gathered are waste. @returns the job, if one was */
  #stop(): LoadJob<C> | undefined {
    const job = this.#job;
    if (!job) return undefined;
    this.#job = undefined;
    this.#race?.cancel();
    this.#origin?.stop();
    this.#setup.desk.wasted(this.#gathered.length);
    return job;
  }

  #next(job: LoadJob<C>): void {
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
        beside: () => this.#setup.desk.hedged(),
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

  #startAgain(job: LoadJob<C>): void {
    this.#setup.desk.wasted(this.#gathered.length);
    this.#gathered.clear();
    job.legs = [];
    this.stats.loaded = 0;
    this.stats.total = 0;
    this.stats.loading.first = 0;
  }

  #agentGet(job: LoadJob<C>, agent: KnownAgent, range: ByteRange | undefined): Omit<AgentGet, 'slowAfterMs'> {
    const { desk } = this.#setup;
    return {
      url: agent.url + (job.plan.place?.target ?? ''),
      headers: job.context.headers ?? {},
      range,
      endByMs: job.agentsEndMs,
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

  #began(job: LoadJob<C>, leg: SourceLeg, response: Response): void {
    const { stats } = this;
    leg.firstMs = leg.endMs = this.#setup.desk.world.now();
    if (job.legs.length === 0) {
      const head = headOf(response);
      this.#gathered.validator = job.kind === 'segment' ? validatorOf(head) : undefined;
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

  #agentEnd(job: LoadJob<C>): AgentFault | undefined {
    const { length } = this.#gathered;
    const { total } = this.stats;
    // A body that was coded on the way is longer than announced; only a shorter one is known to be incomplete.
    const wrong = job.range ? length !== total : length < total;
    if (length === 0 || wrong) return 'cut';
    this.#succeed(job, this.#answer);
    return undefined;
  }

  #agentsOver(job: LoadJob<C>, fault: AgentFault): void {
    if (this.#job !== job) return;
    // A transfer that broke off had its first byte: the next source gets a short patience of its own.
    if (this.#gathered.length > 0) job.patienceEndsMs = this.#setup.desk.world.now() + PATIENCE_MIN_MS;
    if (fault === 'out-of-time') job.queue.length = 0;
    this.#next(job);
  }

  #askOrigin(job: LoadJob<C>): void {
    const { desk, Inner, config } = this.#setup;
    if (!desk.resumesAtOrigin) this.#startAgain(job);
    const { validator } = this.#gathered;
    const rest = validator && restOf(job.range, this.#gathered.length, validator.total);
    const context: LoaderContext = { ...job.context, url: job.originUrl };
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

  #wholeCallbacks(job: LoadJob<C>, leg: SourceLeg): LoaderCallbacks<LoaderContext> {
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
        if (this.#job !== job) return;
        job.mirrorUrls.length = 0;
        callbacks.onProgress?.(this.stats, context, data, details);
      };
    }
    return own;
  }

  /** For the rest of a segment: whatever goes wrong, the whole is asked for once more. */
  #restCallbacks(job: LoadJob<C>, leg: SourceLeg, rest: ByteRange): LoaderCallbacks<LoaderContext> {
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

  #failureCallbacks(job: LoadJob<C>): LoaderCallbacks<LoaderContext> {
    const { callbacks, context } = job;
    return {
      onSuccess: () => {},
      onError: (error, _context, details) => {
        if (this.#job !== job) return;
        job.error ??= error;
        if (this.#askMirror(job, error.code)) return;
        this.#job = undefined;
        callbacks.onError(job.error, context, details, this.stats);
      },
      onTimeout: (_stats, _context, details) => {
        if (this.#job !== job) return;
        this.#stop();
        this.stats.aborted = true;
        callbacks.onTimeout(this.stats, context, details);
      },
    };
  }

  /** @returns whether the origin has another address for what it could not serve; what hls.js was given part of
   *  already cannot begin again (`progress` emptied the list) */
  #askMirror(job: LoadJob<C>, code: number): boolean {
    const ownTrouble = code === 0 || code >= 500;
    const url = ownTrouble ? job.mirrorUrls.shift() : undefined;
    if (url === undefined) return false;
    job.originUrl = url;
    this.#setup.desk.mirrored();
    this.#startAgain(job);
    this.#askOrigin(job);
    return true;
  }

  /** All bytes are gathered, from agents or from agents and the origin. */
  #succeed(job: LoadJob<C>, details: Details): void {
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

  #report(job: LoadJob<C>, legs: readonly SourceLeg[], resumed: boolean): void {
    const { kind } = job;
    if (kind) this.#setup.desk.loaded({ kind, url: job.context.url, legs, startMs: job.startMs, resumed });
  }
}
