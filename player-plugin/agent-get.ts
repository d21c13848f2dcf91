// One GET from one agent, its body read as it arrives, with word when the first byte is late and a watch on the rest.
//
// The request is a CORS-simple one: no header of our own, no cookie, no referrer, so that no preflight costs a round
// trip and an agent learns nothing of the viewer or the page. Redirects are not followed: an agent hands the
// origin's redirect back, and then the origin itself is asked.
// It reports through one sink, calls end with `end` or `fail`, and nothing follows a cancel.

import { type ByteRange, headOf, lengthOf } from './answer.ts';
import { type BodyCase, judgeBody, WATCH_MS } from './deadline.ts';
import type { AgentFault } from './fallback.ts';
import type { Cancel, World } from './world.ts';

export interface AgentGet {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** undefined for the whole. */
  readonly range: ByteRange | undefined;
  /** When to tell that there is no first byte yet. Waiting goes on: who asked decides for how long. */
  readonly slowAfterMs: number;
  /** Clock time by which all of it must be here. */
  readonly endByMs: number;
  /** What the body's pace is judged by, asked for at each look. */
  pace(): Pick<BodyCase, 'slackMs' | 'otherBytesPerMs'>;
}

export interface AgentGetSink {
  slow(): void;
  /** @returns false where the answer is not what was asked for: it is dropped and fails as `mismatch` */
  head(response: Response): boolean;
  bytes(chunk: Uint8Array<ArrayBuffer>): void;
  end(): void;
  fail(fault: AgentFault): void;
}

export function getFromAgent(world: World, get: AgentGet, sink: AgentGetSink): Cancel {
  const controller = new AbortController();
  let timer: Cancel = () => {};
  let open = true;
  const close = (): boolean => {
    const was = open;
    open = false;
    timer();
    return was;
  };
  const fail = (fault: AgentFault): void => {
    if (!close()) return;
    controller.abort();
    sink.fail(fault);
  };
  const body = { firstMs: 0, lastByteMs: 0, bytes: 0, total: 0 };
  const watch = (dueMs: number): void => {
    timer = world.after(WATCH_MS, () => {
      const nowMs = world.now();
      if (nowMs >= get.endByMs) return fail('out-of-time');
      const fault = isLate(nowMs, dueMs) ? undefined : judgeBody({ nowMs, ...body, ...get.pace() });
      if (fault) fail(fault);
      else watch(nowMs + WATCH_MS);
    });
  };
  timer = world.after(get.slowAfterMs, () => sink.slow());
  const read = async (): Promise<void> => {
    const response = await world.fetch(get.url, requestOf(get, controller.signal));
    if (!open) return;
    timer();
    if (!response.ok) return fail(faultOf(response.status));
    body.firstMs = body.lastByteMs = world.now();
    body.total = lengthOf(headOf(response));
    if (!sink.head(response)) return fail('mismatch');
    watch(body.firstMs + WATCH_MS);
    const reader = response.body?.getReader();
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      if (!open) return;
      body.lastByteMs = world.now();
      body.bytes += next.value.length;
      sink.bytes(next.value);
    }
    if (close()) sink.end();
  };
  read().catch(() => fail(body.firstMs === 0 ? 'unreachable' : 'cut'));
  return () => {
    if (close()) controller.abort();
  };
}

/** A timer that comes late tells of a busy page, whose bytes wait in the same queue: look again. */
export function isLate(nowMs: number, dueMs: number): boolean {
  return nowMs - dueMs > WATCH_MS / 2;
}

/** 502 and 504 speak of the origin: the agent may still hold what is asked for next. */
function faultOf(status: number): AgentFault {
  return status === 500 || status === 503 || status === 429 ? 'busy' : 'refused';
}

function requestOf(get: AgentGet, signal: AbortSignal): RequestInit {
  const headers = new Headers(get.headers);
  if (get.range) headers.set('Range', `bytes=${get.range.start}-${get.range.end - 1}`);
  return {
    headers,
    signal,
    mode: 'cors',
    credentials: 'omit',
    redirect: 'manual',
    referrerPolicy: 'no-referrer',
  };
}
