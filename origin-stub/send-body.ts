// Puts a body on the wire: at once when it is small and nothing is wrong, which is nearly always (one buffer, one end()),
// piece by piece with backpressure when it is large, and paced, stalled or cut when a fault asks for it.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultEffect } from './fault-rules.ts';
import type { Body } from './resource.ts';

/** Up to this size a body is one buffer: 16 segments of 2 MB in flight are 32 MB of memory. */
const wholeBytesMax = 4 * 1024 * 1024;
const pieceBytes = 1024 * 1024;
/** A paced body goes out in steps of this length. */
const paceMs = 10;

export interface Sending {
  readonly response: ServerResponse;
  readonly body: Body;
  readonly start: number;
  readonly end: number;
  readonly effect: FaultEffect | undefined;
  readonly onBytes: (count: number) => void;
}

/** The head has been written. Returns when the answer is complete, cut, or the client has gone. */
export async function sendBody(sending: Sending): Promise<void> {
  const { response, body, start, end, effect, onBytes } = sending;
  if (effect === undefined && end - start <= wholeBytesMax) {
    onBytes(end - start);
    response.end(body.slice(start, end));
    return;
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    await sendPieces(sending, gone.signal);
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}

async function sendPieces(sending: Sending, gone: AbortSignal): Promise<void> {
  const { response, effect, start, end } = sending;
  const stopAt = Math.min(
    end,
    start + (effect?.stallAfterBytes ?? Number.POSITIVE_INFINITY),
    start + (effect?.truncateAfterBytes ?? Number.POSITIVE_INFINITY),
  );
  response.flushHeaders();
  await writePieces(sending, stopAt, gone);
  if (stopAt === end) {
    response.end();
  } else if (effect?.truncateAfterBytes !== undefined) {
    // Soon, not now: a cut that overtakes what was written would cut elsewhere.
    response.socket?.destroySoon();
  }
  // A stall: nothing more, until the client gives up or the origin closes.
}

async function writePieces(sending: Sending, stopAt: number, gone: AbortSignal): Promise<void> {
  const { response, body, start, effect, onBytes } = sending;
  const bytesPerS = effect?.bandwidthBytesPerS;
  const startedAt = performance.now();
  let at = start;
  while (at < stopAt) {
    gone.throwIfAborted();
    let next = Math.min(stopAt, at + pieceBytes);
    if (bytesPerS !== undefined) {
      // Before every piece: there is always a byte due by the time that one was written, and a loop that sends it at
      // once never gives way to other connections.
      await sleep(paceMs, undefined, { signal: gone });
      const due = start + Math.floor(((performance.now() - startedAt) * bytesPerS) / 1000);
      next = Math.min(next, due);
      if (next <= at) continue;
    }
    onBytes(next - at);
    const piece = body.slice(at, next);
    at = next;
    if (!response.write(piece)) await once(response, 'drain', { signal: gone });
  }
}
