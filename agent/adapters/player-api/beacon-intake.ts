// Takes what players tell of their viewers and adds it to the counters; it keeps nothing else.
//
// The sender is anybody: the size is checked while the bytes come, the shape by the strict parser of the wire, and
// what comes out are sums that cannot tell viewers apart. Such numbers are claims, and METRICS.md says so.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Counts } from '../../core/counters.ts';
import { type Beacon, FALLBACK_REASONS, parseBeacon } from '../../wire/beacon.ts';
import { BEACON_BYTES_MAX } from '../../wire/limits.ts';
import { type Refusal, refusalAnswer } from './refusal.ts';
import { CROSS_ORIGIN } from './reply-fields.ts';

export class BeaconIntake {
  readonly #counts: Counts;

  constructor(counts: Counts) {
    this.#counts = counts;
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'POST') {
      this.#refuse(response, { status: 405, code: 'method-not-allowed', sentence: 'expected POST' });
      return;
    }
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
      if (text.length <= BEACON_BYTES_MAX) return;
      request.removeAllListeners('data').removeAllListeners('end').pause();
      const sentence = `expected a beacon of at most ${BEACON_BYTES_MAX} bytes`;
      this.#refuse(response, { status: 413, code: 'bad-request', sentence });
    });
    request.on('end', () => this.#read(text, response));
  }

  #read(text: string, response: ServerResponse): void {
    const beacon = parseBeacon(text);
    if (beacon.ok) {
      this.#count(beacon.value);
      response.writeHead(204, [...CROSS_ORIGIN]).end();
      return;
    }
    const sentence = `expected a beacon of version 1: ${beacon.reason}`;
    this.#refuse(response, { status: 400, code: 'bad-request', sentence });
  }

  #count({ sums, fallbacks }: Beacon): void {
    const counts = this.#counts;
    counts['beacons.taken'] += 1;
    counts['beacon_bytes.agent'] += sums.agentBytes ?? 0;
    counts['beacon_bytes.origin'] += sums.originBytes ?? 0;
    counts['beacon_bytes.wasted'] += sums.wastedBytes ?? 0;
    counts.beacon_stalls += sums.stalls ?? 0;
    for (const reason of FALLBACK_REASONS) counts[`beacon_fallbacks.${reason}`] += fallbacks[reason] ?? 0;
  }

  /** What is left of a body may not be read as the next request: the connection ends. */
  #refuse(response: ServerResponse, refusal: Refusal): void {
    this.#counts['rejected.http'] += 1;
    const { fields, body } = refusalAnswer(refusal);
    const allowed = fields.map((field) => (field === 'GET, HEAD, OPTIONS' ? 'POST' : field));
    response.writeHead(refusal.status, [...allowed, 'connection', 'close']).end(body);
  }
}
