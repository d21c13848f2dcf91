// The page under test: the client above and a few loops over it, called from the test.

import type { RosterWebTransport } from '../../agent/wire/roster.ts';
import { AgentSession } from './webtransport-client.ts';

const sessions: AgentSession[] = [];
/** The one opened last, by which everything is asked for. */
let session: AgentSession | undefined;

export async function open(place: RosterWebTransport): Promise<string> {
  try {
    session = await AgentSession.open(place);
    sessions.push(session);
    return 'open';
  } catch (error) {
    return `no session: ${error instanceof Error ? error.name : error}`;
  }
}

export interface Got {
  readonly status: number;
  readonly bytes: number;
  /** SHA-256 in hex, or why it failed. */
  readonly digest: string;
  readonly headers: Record<string, string>;
  readonly ms: number;
}

export function get(target: string, headers: [string, string][] = []): Promise<Got> {
  const startMs = performance.now();
  return new Promise((resolve) => {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let status = 0;
    let fields: Record<string, string> = {};
    const done = async (fault?: string): Promise<void> => {
      const ms = performance.now() - startMs;
      const body = await new Blob(chunks).arrayBuffer();
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
      const digest = fault ?? Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
      resolve({ status, bytes: body.byteLength, digest, headers: fields, ms });
    };
    session?.ask(
      { target, headers, deadlineMs: 20_000 },
      {
        head: (code, _size, all) => {
          status = code;
          fields = Object.fromEntries(all);
        },
        bytes: (chunk) => void chunks.push(chunk as Uint8Array<ArrayBuffer>),
        end: () => void done(),
        fail: (reason) => void done(reason),
      },
    );
  });
}

/** @returns how many were whole, of `count` one after the other */
export async function sequence(targets: readonly string[], digest: string): Promise<number> {
  let whole = 0;
  for (const target of targets) if ((await get(target)).digest === digest) whole += 1;
  return whole;
}

/** Asks and gives up at the first bytes. @returns how many had begun */
export async function cancels(targets: readonly string[]): Promise<number> {
  let begun = 0;
  for (const target of targets) {
    await new Promise<void>((resolve) => {
      const cancel = session?.ask(
        { target },
        {
          head: () => {},
          bytes: () => {
            begun += 1;
            cancel?.();
            resolve();
          },
          end: resolve,
          fail: () => resolve(),
        },
      );
    });
  }
  return begun;
}

/** Closes every session that was opened. */
export async function close(): Promise<void> {
  for (const each of sessions) each.close();
  await Promise.all(sessions.map((each) => each.closed));
}
