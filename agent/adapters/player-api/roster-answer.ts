// The agent's roster as players read it: JSON, open to every page, fresh for as long as it says itself.

import type { ServerResponse } from 'node:http';
import type { Roster } from '../../wire/roster.ts';
import { refusalAnswer } from './refusal.ts';
import { CROSS_ORIGIN } from './reply-fields.ts';

export class RosterAnswer {
  readonly #roster: () => Roster;
  #written: { readonly roster: Roster; readonly body: Buffer } | undefined;

  constructor(roster: () => Roster) {
    this.#roster = roster;
  }

  write(method: string, response: ServerResponse): void {
    if (method !== 'GET' && method !== 'HEAD') {
      const sentence = 'the roster can be read, and nothing else';
      const { fields, body } = refusalAnswer({ status: 405, code: 'method-not-allowed', sentence });
      response.writeHead(405, [...fields]).end(body);
      return;
    }
    const { roster, body } = this.#latest();
    response.writeHead(200, [
      ...['content-type', 'application/json', 'content-length', `${body.length}`],
      ...['cache-control', `public, max-age=${Math.floor(roster.ttlMs / 1000)}`],
      ...CROSS_ORIGIN,
    ]);
    response.end(method === 'HEAD' ? undefined : body);
  }

  #latest(): { readonly roster: Roster; readonly body: Buffer } {
    const roster = this.#roster();
    if (this.#written?.roster !== roster)
      this.#written = { roster, body: Buffer.from(JSON.stringify(roster)) };
    return this.#written;
  }
}
