// One connection to the origin at a time, and what is known of it: undici hands a request's handler to a client, but
// not the client to the handler, and two verdicts need it.
//
// Was the connection used before? Then its reset may be a keep-alive that the origin had already ended, and a retry
// is safe. Did it end by an error though the response "completed"? Then a body without a length was cut, or more
// bytes came than were announced.

import type { Socket } from 'node:net';
import { type buildConnector, Client, type Dispatcher } from 'undici';

/** A handler that wants to know its lane. */
export interface LaneUser extends Dispatcher.DispatchHandler {
  lane: Lane | undefined;
}

export class Lane extends Client {
  readonly #line: Line;

  /** @param connector dials the origin */
  constructor(origin: URL, options: Client.Options, connector: buildConnector.connector) {
    const line: Line = { socket: undefined, answers: 0 };
    super(origin, {
      ...options,
      connect: (to, done) =>
        connector(to, (...result) => {
          line.socket = result[1] ?? undefined;
          line.answers = 0;
          done(...result);
        }),
    });
    this.#line = line;
  }

  /** Answers that came over the present connection. */
  get answers(): number {
    return this.#line.answers;
  }

  answered(): void {
    this.#line.answers += 1;
  }

  /** Why the present connection broke; undefined while it lives and when undici closed it in good order. */
  get broken(): Error | undefined {
    const error = this.#line.socket?.errored ?? undefined;
    return error !== undefined && codeOf(error) !== 'UND_ERR_INFO' ? error : undefined;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if ('lane' in handler) (handler as LaneUser).lane = this;
    return super.dispatch(options, handler);
  }
}

interface Line {
  socket: Socket | undefined;
  answers: number;
}

/** @returns the code of a system or undici error */
export function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
