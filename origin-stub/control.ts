// The control API under /_stub/: counters and faults, as JSON. It stays reachable in an outage, is not counted, and has no
// CORS headers: a web page from elsewhere is not to break the origin.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Counters } from './counters.ts';
import { type FaultRule, FaultRuleError, parseFaultRules } from './fault-rules.ts';

export const controlPrefix = '/_stub/';
const bodyBytesMax = 64 * 1024;

export interface Controlled {
  readonly counters: Counters;
  readonly faultStates: () => unknown;
  readonly setFaults: (rules: readonly FaultRule[]) => void;
}

/** Answers one control request. */
export async function control(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  controlled: Controlled,
): Promise<void> {
  const routes = routesOf(controlled)[path];
  if (routes === undefined) {
    answer(response, 404, { error: `there is no ${path}` });
    return;
  }
  const route = routes[request.method ?? ''];
  if (route === undefined) {
    response.setHeader('Allow', Object.keys(routes).join(', '));
    answer(response, 405, { error: `${path} takes ${Object.keys(routes).join(', ')}` });
    return;
  }
  const body = await readBody(request);
  if (body === undefined) {
    response.shouldKeepAlive = false;
    answer(response, 413, { error: `the body is larger than ${bodyBytesMax} bytes` });
    return;
  }
  try {
    answer(response, 200, route(body));
  } catch (error) {
    if (!(error instanceof FaultRuleError)) throw error;
    answer(response, 400, { error: error.message });
  }
}

type Route = (body: string) => unknown;

function routesOf({ counters, faultStates, setFaults }: Controlled): Record<string, Record<string, Route>> {
  return {
    [`${controlPrefix}counters`]: { GET: () => counters.report() },
    [`${controlPrefix}counters/reset`]: {
      POST: () => {
        counters.reset();
        return { reset: true };
      },
    },
    [`${controlPrefix}faults`]: {
      GET: faultStates,
      POST: (body) => {
        setFaults(parseFaultRules(parseJson(body)));
        return faultStates();
      },
      DELETE: () => {
        setFaults([]);
        return faultStates();
      },
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FaultRuleError(`the body is not JSON: ${(cause as Error).message}`, { cause });
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > bodyBytesMax) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  const text = `${JSON.stringify(value)}\n`;
  response
    .writeHead(status, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'Content-Length': Buffer.byteLength(text),
    })
    .end(text);
}
