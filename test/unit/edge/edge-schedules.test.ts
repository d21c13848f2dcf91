// Any order of what can happen to one object: viewers and agents come and go, sources send, end, break and lie; peers turn
// bits over, and say what they signed before the bytes or after them.
//
// Whatever the order: everybody gets at most one answer and, unless they left, exactly one; bytes are those of one
// version of the object, never a mixture; what ends well, is stored or relayed to its end is whole and right; and nothing
// is left behind.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FetchFailure } from '../../../agent/core/ports.ts';
import { type Neighbour, Viewer } from './edge-askers.ts';
import { type Asked, Bench } from './edge-bench.ts';

/** Two versions of the object; no byte of one is at the same place in the other. */
const VERSIONS = ['abcdefghijklmnop', 'ABCDEFGHIJKLMNOPQR'] as const;
const PLAYLISTS = ['#EXTM3U\n#EXTINF:2,\n1.ts\n', '#EXTM3U\n#EXTINF:2,\n1.ts\n#EXTINF:2,\n2.ts\n'] as const;

const CACHING = [
  'Cache-Control: max-age=1',
  'Cache-Control: no-store',
  'Cache-Control: private',
  '',
] as const;
const TAGS = ['"$"', 'W/"$"', ''] as const;
const FAILURES: readonly FetchFailure[] = ['origin-broken', 'origin-timeout', 'origin-unreachable'];
const PEER_FAILURES: readonly FetchFailure[] = [
  'silent',
  'unreachable',
  'stale-view',
  'origin-failed',
  'too-large',
];

type Step =
  | { readonly do: 'view'; readonly line: string; readonly full: boolean; readonly leaves: boolean }
  | { readonly do: 'fetch' }
  | { readonly do: 'leave' | 'drain'; readonly who: number }
  | { readonly do: 'pass-time'; readonly ms: number }
  | { readonly do: 'change' }
  | { readonly do: 'head'; readonly which: number; readonly status: number; readonly sized: boolean }
  | { readonly do: 'bytes' | 'flip'; readonly which: number; readonly count: number }
  | { readonly do: 'sign'; readonly which: number }
  | { readonly do: 'end' | 'too-much'; readonly which: number }
  | { readonly do: 'fail'; readonly which: number; readonly reason: number };

const which = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('view' as const),
    line: fc.constantFrom('', '', 'Range: bytes=2-5', 'Range: bytes=-3', 'If-None-Match: "0"'),
    full: fc.boolean(),
    leaves: fc.boolean(),
  }),
  fc.record({ do: fc.constant('fetch' as const) }),
  fc.record({ do: fc.constantFrom('leave' as const, 'drain' as const), who: fc.nat(9) }),
  fc.record({ do: fc.constant('pass-time' as const), ms: fc.constantFrom(10, 1500) }),
  fc.record({ do: fc.constant('change' as const) }),
  fc.record({
    do: fc.constant('head' as const),
    which,
    status: fc.constantFrom(200, 200, 200, 200, 304, 404, 503),
    sized: fc.boolean(),
  }),
  fc.record({ do: fc.constant('bytes' as const), which, count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constant('bytes' as const), which, count: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ do: fc.constant('flip' as const), which, count: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ do: fc.constant('sign' as const), which }),
  fc.record({ do: fc.constantFrom('end' as const, 'end' as const, 'too-much' as const), which }),
  fc.record({ do: fc.constant('fail' as const), which, reason: fc.nat(4) }),
);

/** One source of bytes, honest about what it says it is: it sends one version, in order. */
class Sending {
  readonly asked: Asked;
  readonly #body: string;
  readonly #version: number;
  #at = 0;
  #headed = false;
  #sized = false;
  #status = 0;

  constructor(asked: Asked, bodies: readonly string[], version: number) {
    this.asked = asked;
    this.#version = version;
    this.#body = bodies[version] as string;
  }

  head(status: number, sized: boolean, lines: readonly string[]): void {
    if (this.#headed || !this.asked.live) return;
    this.#headed = true;
    this.#status = status;
    const fields = lines.map((line) => line.replace('$', `${this.#version}`)).filter((line) => line !== '');
    const from = this.#offset();
    const partial = status === 200 && from > 0 && this.asked.kind === 'origin';
    this.#at = status === 200 ? from : 0;
    const { length } = this.#body;
    if (partial) fields.push(`Content-Range: bytes ${from}-${length - 1}/${length}`);
    const size = status !== 200 ? 0 : partial ? length - from : sized ? length : -1;
    this.#sized = size >= 0;
    this.asked.head(partial ? 206 : status, fields, size);
  }

  /** @param flip turns a bit over somewhere in the chunk, where the source is a peer */
  bytes(count: number, flip = false): boolean {
    if (!this.#headed || this.#status !== 200) return false;
    const chunk = this.#body.slice(this.#at, this.#at + count);
    this.#at += chunk.length;
    if (chunk === '') return false;
    const lies = flip && this.asked.kind === 'peer' && this.asked.live;
    this.asked.bytes(chunk, lies ? (count * 37) % (chunk.length * 8) : -1);
    return lies;
  }

  /** Says at once what all the bytes will be. */
  sign(): void {
    const { asked } = this;
    if (!this.#headed || this.#status !== 200 || asked.kind !== 'peer' || !asked.signs) return;
    asked.describe(asked.descriptorOf(new TextEncoder().encode(this.#body)));
  }

  end(): void {
    if (!this.#headed) return;
    // A port never ends what is not whole: it fails.
    if (this.#status === 200 && this.#at < this.#body.length) this.asked.fail('origin-broken');
    else this.asked.end();
  }

  tooMuch(): void {
    // Without a length nobody could know.
    if (this.#headed && this.#sized) this.asked.bytes(`${this.#body.slice(this.#at)}!`);
  }

  #offset(): number {
    const { request } = this.asked;
    if ('offset' in request) return request.offset;
    return Number(/bytes=(\d+)-$/.exec(this.asked.header('range') ?? '')?.[1] ?? 0);
  }
}

class Run {
  readonly bench: Bench;
  readonly viewers: Viewer[] = [];
  readonly left: Set<Viewer> = new Set();
  readonly neighbours: Neighbour[] = [];
  readonly gone: Set<Neighbour> = new Set();
  readonly #sendings: Map<Asked, Sending> = new Map();
  readonly #bodies: readonly string[];
  readonly #target: string;
  readonly #lines: readonly string[];
  #version = 0;
  #lied = false;

  constructor(of: { playlist: boolean; peers: boolean; caching: string; tag: string }) {
    this.bench = new Bench({ members: of.peers ? 3 : 1 });
    this.#bodies = of.playlist ? PLAYLISTS : VERSIONS;
    this.#target = this.bench.targetAt(of.peers ? 'peer' : 'self', of.playlist ? 'm3u8' : 'ts');
    this.#lines = [of.caching, of.tag === '' ? '' : `ETag: ${of.tag}`];
  }

  do(step: Step): void {
    switch (step.do) {
      case 'view':
        this.#view(step);
        break;
      case 'fetch':
        this.neighbours.push(this.bench.fetch(this.#target));
        break;
      case 'leave':
        this.#leave(step.who);
        break;
      case 'drain':
        this.viewers[step.who]?.drain();
        break;
      case 'pass-time':
        this.bench.nowMs += step.ms;
        break;
      case 'change':
        this.#version = 1 - this.#version;
        break;
      case 'head':
        this.#nth(step.which)?.head(step.status, step.sized, this.#lines);
        break;
      case 'bytes':
        this.#nth(step.which)?.bytes(step.count);
        break;
      case 'flip':
        if (this.#nth(step.which)?.bytes(step.count, true) === true) this.#lied = true;
        break;
      case 'sign':
        this.#nth(step.which)?.sign();
        break;
      case 'end':
        this.#nth(step.which)?.end();
        break;
      case 'too-much':
        this.#nth(step.which)?.tooMuch();
        break;
      case 'fail': {
        const asked = this.#nth(step.which)?.asked;
        const reasons = asked?.kind === 'peer' ? PEER_FAILURES : FAILURES;
        asked?.fail(reasons[step.reason % reasons.length] as FetchFailure);
        break;
      }
    }
  }

  /** Every source comes to its end, and every viewer takes what is there. */
  finish(): void {
    for (let turn = 0; turn < 100 && this.bench.asked.some((each) => each.live); turn += 1) {
      const sending = this.#nth(0);
      sending?.head(200, true, this.#lines);
      sending?.bytes(100);
      sending?.end();
    }
    for (const viewer of this.viewers) for (let turn = 0; turn < 9; turn += 1) viewer.drain();
  }

  check(): void {
    this.bench.expectQuiet();
    for (const viewer of this.viewers) {
      expect(viewer.answers, 'answers').toBe(this.left.has(viewer) ? Math.min(1, viewer.answers) : 1);
      if (!this.left.has(viewer)) expect(viewer.outcome, 'outcome').not.toBe('open');
      if (viewer.status === 200)
        this.#checkBody(viewer.body, viewer.outcome === 'end' && !this.left.has(viewer));
      if (viewer.status === 206) this.#checkPart(viewer);
    }
    for (const neighbour of this.neighbours) {
      expect(neighbour.answers, 'answers').toBe(
        this.gone.has(neighbour) ? Math.min(1, neighbour.answers) : 1,
      );
      if (neighbour.head?.status === 200) this.#checkBody(neighbour.body, neighbour.outcome === 'end');
    }
    for (const [key, { body }] of this.bench.stored) {
      expect(key).not.toBe('');
      if (body.length > 0) expect(this.#bodies).toContain(new TextDecoder().decode(body));
    }
    const counted = Object.values(this.bench.requests).reduce((sum, n) => sum + n, 0);
    expect(counted, 'requests counted').toBe(this.viewers.filter((each) => each.answers > 0).length);
  }

  #view({ line, full, leaves }: Step & { do: 'view' }): void {
    const viewer = new Viewer();
    this.viewers.push(viewer);
    viewer.full = full;
    if (leaves) {
      viewer.onWrite = () => {
        this.left.add(viewer);
        viewer.leave();
      };
    }
    this.bench.as(viewer, 'GET', this.#target, ...(line === '' ? [] : [line]));
  }

  #leave(who: number): void {
    const viewer = this.viewers[who];
    if (viewer !== undefined && viewer.outcome === 'open') {
      this.left.add(viewer);
      viewer.leave();
    }
    const neighbour = this.neighbours[who];
    if (neighbour !== undefined && neighbour.outcome === 'open') {
      this.gone.add(neighbour);
      neighbour.leave();
    }
  }

  #nth(number: number): Sending | undefined {
    const live = this.bench.asked.filter((each) => each.live);
    const asked = live[number % Math.max(1, live.length)];
    if (asked === undefined) return undefined;
    const known = this.#sendings.get(asked);
    if (known !== undefined) return known;
    const sending = new Sending(asked, this.#bodies, this.#version);
    this.#sendings.set(asked, sending);
    return sending;
  }

  #checkBody(body: string, whole: boolean): void {
    // Cut off, it may be wrong: whoever gets it sees that it is not whole.
    if (this.#lied && !whole) return;
    const of = this.#bodies.filter((each) => (whole ? each === body : each.startsWith(body)));
    expect(of, `${JSON.stringify(body)} is of one version`).not.toEqual([]);
  }

  #checkPart(viewer: Viewer): void {
    const [, from = '0', to = '0'] = /^bytes (\d+)-(\d+)/.exec(viewer.field('content-range') ?? '') ?? [];
    const parts = this.#bodies.map((each) => each.slice(Number(from), Number(to) + 1));
    const ends = viewer.outcome === 'end' && !this.left.has(viewer);
    if (this.#lied && !ends) return;
    const of = parts.filter((each) => (ends ? each === viewer.body : each.startsWith(viewer.body)));
    expect(of, `${viewer.body} is ${from}-${to} of one version`).not.toEqual([]);
  }
}

test('whatever the order, everybody is answered once with bytes of one version, and nothing is left', () => {
  fc.assert(
    fc.property(
      fc.record({
        playlist: fc.boolean(),
        peers: fc.boolean(),
        caching: fc.constantFrom(...CACHING),
        tag: fc.constantFrom(...TAGS),
      }),
      fc.array(step, { minLength: 1, maxLength: 40 }),
      (of, steps) => {
        const run = new Run(of);
        run.do({ do: 'view', line: '', full: false, leaves: false });
        for (const each of steps) run.do(each);
        run.finish();
        run.check();
      },
    ),
    { numRuns: 3000 },
  );
});
