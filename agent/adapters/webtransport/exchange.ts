// One stream of a player: a request, its answer, and the player's word that it has arrived.
//
//   asking --get--> answering --end or reset written--> closing --the player closed its side--> gone
//
// The player's side is read all the time, for a `cancel` or the loss of the stream. Each phase has its deadline; what
// is late is said by `late`, and the session acts on it, because not every library can end a stream under way.

import type { Counts, Timings } from '../../core/counters.ts';
import type { Cancel, ServeViewer } from '../../edge/ports.ts';
import { MessageReader } from '../../wire/frames.ts';
import type { Get, Message, ResetReason } from '../../wire/message.ts';
import { ROSTER_PATH, type Roster } from '../../wire/roster.ts';
import type { Stream } from './carrier.ts';
import type { SessionInFlight } from './in-flight.ts';
import { REQUEST_BYTES_MAX, STREAM_READ_BYTES_MAX, type WebTransportLimits } from './limits.ts';
import { Outflow } from './outflow.ts';
import { viewerRequest } from './request.ts';
import { StreamAnswer } from './stream-answer.ts';

export interface ExchangePorts {
  readonly serve: ServeViewer;
  readonly roster: () => Roster;
  readonly counts: Counts;
  readonly timings: Timings;
  readonly now: () => number;
  readonly limits: WebTransportLimits;
}

export interface ExchangeEvents {
  /** @returns why a new request is not served now, if it is not */
  barred(): 'busy' | 'draining' | undefined;
  /** The player gave up a request whose reply was not whole. */
  cancelled(): void;
  /** The player broke the protocol: the session ends. */
  broken(reason: string): void;
  /** Nothing will happen on this stream any more. */
  over(exchange: Exchange): void;
}

type Phase = 'asking' | 'answering' | 'closing' | 'gone';

export class Exchange {
  readonly #stream: Stream;
  readonly #ports: ExchangePorts;
  readonly #events: ExchangeEvents;
  readonly #inFlight: SessionInFlight;
  readonly #out: Outflow;
  #phase: Phase = 'asking';
  #answer: StreamAnswer | undefined;
  #stop: Cancel = () => {};
  /** When the phase, or within `answering` the write under way, began. */
  #sinceMs: number;
  #deadlineMs: number = Number.POSITIVE_INFINITY;
  #sent = 0;

  constructor(stream: Stream, inFlight: SessionInFlight, ports: ExchangePorts, events: ExchangeEvents) {
    this.#stream = stream;
    this.#inFlight = inFlight;
    this.#ports = ports;
    this.#events = events;
    this.#sinceMs = ports.now();
    this.#out = new Outflow(stream, {
      drained: () => this.#answer?.drained(),
      failed: () => this.gone(),
    });
  }

  /** Reads what the player sends, until it closes its side. */
  async run(): Promise<void> {
    const reader = new MessageReader(
      {
        message: (message) => this.#message(message),
        refuse: (reason) => this.#events.broken(`a frame was refused: ${reason}`),
      },
      REQUEST_BYTES_MAX,
    );
    let received = 0;
    try {
      for (let bytes = await this.#stream.read(); bytes !== undefined; bytes = await this.#stream.read()) {
        received += bytes.length;
        if (received > STREAM_READ_BYTES_MAX) this.#events.broken('more than a request came on a stream');
        else reader.push(bytes);
        if (this.#phase === 'gone') return;
      }
    } catch {
      this.gone();
      return;
    }
    if (this.#phase === 'asking' || reader.within) this.#events.broken('a stream ended within its request');
    else if (this.#phase === 'answering') this.gone();
    else this.#leave();
  }

  /** The player is gone, or wants this no more. Idempotent. */
  gone(): void {
    if (this.#phase === 'gone') return;
    const unfinished = this.#phase === 'answering';
    this.#leave();
    this.#answer?.gone();
    this.#stop();
    this.#stream.abandon();
    if (unfinished) this.#events.cancelled();
  }

  /** @returns what took too long that only the end of the session helps against */
  late(nowMs: number): string | undefined {
    const { requestMs, stallMs, closeMs } = this.#ports.limits;
    const forMs = nowMs - this.#sinceMs;
    if (this.#phase === 'asking')
      return forMs > requestMs ? 'a request did not come whole in time' : undefined;
    if (this.#out.writing && forMs > stallMs) return 'the player takes no bytes';
    if (this.#phase === 'closing')
      return forMs > closeMs ? 'a stream was not closed after its reply' : undefined;
    if (this.#phase === 'answering' && nowMs > this.#deadlineMs) this.#giveUp('origin-timeout');
    return undefined;
  }

  #message(message: Message): void {
    if (message.kind === 'get' && this.#phase === 'asking') this.#serve(message);
    else if (message.kind === 'cancel' && this.#phase !== 'asking') this.gone();
    else this.#events.broken(`${message.kind} came where it has no place`);
  }

  #serve(get: Get): void {
    const { counts, timings, now, limits, roster, serve } = this.#ports;
    const nowMs = now();
    this.#phase = 'answering';
    this.#sinceMs = nowMs;
    this.#deadlineMs = nowMs + Math.min(get.deadlineMs || limits.replyMsMax, limits.replyMsMax);
    const answer = new StreamAnswer(
      { push: (frames) => this.#push(frames), over: () => this.#answered() },
      { isHead: get.method === 'HEAD', askedMs: nowMs, counts, timings, now },
    );
    this.#answer = answer;
    const barred = this.#events.barred();
    const asked = viewerRequest(get);
    if (barred !== undefined) {
      answer.refuse(503, barred, 'this agent takes no more requests now: ask another one');
    } else if (!asked.ok) {
      counts['rejected.webtransport'] += 1;
      answer.refuse(400, 'bad-header', asked.sentence);
    } else if (get.target === ROSTER_PATH || get.target.startsWith(`${ROSTER_PATH}?`)) {
      const headers = [['content-type', 'application/json'] as const];
      answer.own(200, headers, Buffer.from(JSON.stringify(roster())));
    } else {
      const stop = serve(asked.request, answer);
      if (this.#phase === 'answering') this.#stop = stop;
      else if (this.#phase === 'gone') stop();
    }
  }

  /** The time that the player gave is over. */
  #giveUp(reason: ResetReason): void {
    this.#answer?.reset(reason);
    this.#stop();
  }

  #push(frames: Uint8Array): void {
    this.#sent += frames.length;
    this.#inFlight.change(frames.length);
    this.#sinceMs = this.#ports.now();
    this.#out.push(frames);
  }

  #answered(): void {
    if (this.#phase !== 'answering') return;
    this.#phase = 'closing';
    this.#sinceMs = this.#ports.now();
    this.#out.finish();
  }

  #leave(): void {
    this.#phase = 'gone';
    this.#inFlight.change(-this.#sent);
    this.#sent = 0;
    this.#events.over(this);
  }
}
