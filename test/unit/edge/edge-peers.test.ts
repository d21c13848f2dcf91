// Two sides of a fetch between agents: this agent as the one that asks, and as the one that answers.

import { describe, expect, test } from 'vitest';
import type { PeerRequest } from '../../../agent/edge/ports.ts';
import { agentId } from '../core/swarm/ring.ts';
import { Bench, nameOf, OBJECT_BYTES_MAX, SELF } from './edge-bench.ts';
import { fields } from './exchanges.ts';

const STRONG = ['Cache-Control: max-age=60', 'ETag: "a"'];
const LIVE = '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n1.ts\n';

/** A viewer here of an object whose home is another agent of three. */
function asking(ending = 'ts', ...lines: string[]) {
  const bench = new Bench({ members: 3 });
  const target = bench.targetAt('peer', ending);
  const viewer = bench.get(target, ...lines);
  expect(bench.last.kind).toBe('peer');
  return { bench, target, viewer };
}

function peerRequest(bench: Bench): PeerRequest {
  return bench.last.request as PeerRequest;
}

describe('an agent that asks the home', () => {
  test('streams what comes, stores it with its age, and counts it as a peer’s', () => {
    const { bench, target, viewer } = asking();
    bench.last.head(200, STRONG, 5, 7500).bytes('hel');
    expect([viewer.body, viewer.field('age'), viewer.head?.source]).toEqual(['hel', '7', 'peer']);
    bench.last.bytes('lo').end();
    expect(bench.get(target).field('age')).toBe('7');
    expect(bench.requests).toEqual({ peer: 1, ram: 1 });
    expect([bench.counts['peer_fetches.ok'], bench.counts['origin_fetches.segment']]).toEqual([1, 0]);
    bench.expectQuiet();
  });

  test('keeps a playlist no longer than the home would: ages add up in milliseconds', () => {
    const { bench, target, viewer } = asking('m3u8');
    bench.last.head(200, ['ETag: "p"'], LIVE.length, 400).bytes(LIVE).end();
    expect(viewer.body).toBe(LIVE);
    bench.nowMs += 99;
    bench.get(target);
    expect(bench.asked).toHaveLength(1);
    bench.nowMs += 1;
    bench.get(target);
    expect(bench.asked).toHaveLength(2);
    bench.last.head(304, ['ETag: "p"'], 0, 450).end();
    bench.nowMs += 49;
    bench.get(target);
    expect(bench.asked).toHaveLength(2);
    bench.nowMs += 1;
    bench.get(target);
    expect(bench.asked).toHaveLength(3);
  });

  test('tells it what it holds, and serves that on a 304', () => {
    const { bench, target } = asking();
    bench.last.answer(200, ['Cache-Control: max-age=1', 'ETag: "a"'], 'hello');
    bench.nowMs += 5000;
    const viewer = bench.get(target);
    expect(bench.last.header('if-none-match')).toBe('"a"');
    bench.last.head(304, STRONG, 0, 10).end();
    expect([viewer.status, viewer.body]).toEqual([200, 'hello']);
    expect(bench.requests).toEqual({ peer: 1, revalidated: 1 });
    bench.expectQuiet();
  });

  test('gets the viewer its own where a 304 comes for nothing', () => {
    const { bench, viewer } = asking();
    bench.last.head(304, STRONG, 0);
    expect(bench.last.kind).toBe('pass');
    bench.last.answer(200, STRONG, 'hello');
    expect([viewer.status, viewer.body]).toEqual([200, 'hello']);
    bench.expectQuiet();
  });

  test('goes on with the next peer from where the first broke', () => {
    const { bench, viewer } = asking();
    const first = peerRequest(bench).source.peer.id;
    bench.last.head(200, STRONG, 10).bytes('01234').fail('unreachable');
    if (bench.last.kind === 'peer') {
      const { offset, ifMatch, source } = peerRequest(bench);
      expect([offset, ifMatch, source.avoid]).toEqual([5, '"a"', [first]]);
      bench.last.head(200, STRONG, 10);
    } else {
      expect(bench.last.header('range')).toBe('bytes=5-');
      bench.last.head(206, ['ETag: "a"', 'Content-Range: bytes 5-9/10'], 5);
    }
    bench.last.bytes('56789').end();
    expect([viewer.body, viewer.outcome]).toEqual(['0123456789', 'end']);
    expect(bench.counts['fills.resumed']).toBe(1);
    expect(bench.counts['peer_fetches.failed']).toBe(1);
    bench.expectQuiet();
  });

  test('asks the origin in the end, when peer after peer is silent', () => {
    const { bench, viewer } = asking();
    while (bench.last.kind === 'peer') bench.last.fail('silent');
    bench.last.answer(200, STRONG, 'hello');
    expect([viewer.body, viewer.head?.source]).toEqual(['hello', 'origin']);
    expect(bench.counts['peer_fetches.timeout']).toBe(bench.asked.length - 1);
    bench.expectQuiet();
  });

  test('asks the origin itself where the home’s view differs', () => {
    const { bench } = asking();
    bench.last.fail('stale-view');
    expect([bench.last.kind, bench.counts['peer_fetches.stale_view']]).toEqual(['origin', 1]);
  });

  test('tells the viewer when the origin failed the home, without asking again', () => {
    const { bench, viewer } = asking();
    bench.last.fail('origin-failed');
    expect([viewer.status, viewer.answers, bench.asked.length]).toEqual([502, 1, 1]);
    expect(bench.requests).toEqual({ failed: 1 });
    bench.expectQuiet();
  });

  test('gets each viewer its own of what is too large for the home, and asks it no more', () => {
    const { bench, target, viewer } = asking();
    const second = bench.get(target);
    bench.last.fail('too-large');
    expect(bench.asked.map((each) => each.kind)).toEqual(['peer', 'pass', 'pass']);
    bench.asked[1]?.answer(200, [], 'big');
    bench.last.answer(200, [], 'big');
    expect([viewer, second].map((each) => [each.status, each.body, each.answers])).toEqual([
      [200, 'big', 1],
      [200, 'big', 1],
    ]);
    expect(bench.requests).toEqual({ passed: 2 });
    bench.get(target).leave();
    expect(bench.last.kind).toBe('pass');
    bench.expectQuiet();
  });

  test('trusts no variant that the home could not select', () => {
    const { bench, target, viewer } = asking('ts', 'X-Quality: high');
    expect(bench.last.header('x-quality')).toBeUndefined();
    bench.last.head(200, [...STRONG, 'Vary: X-Quality'], 3);
    expect([bench.last.kind, bench.last.header('x-quality')]).toEqual(['pass', 'high']);
    bench.last.answer(200, [], 'high');
    expect([viewer.body, bench.stored.size]).toEqual(['high', 0]);
    // One odd request does not keep the others from sharing.
    bench.get(target);
    expect(bench.last.kind).toBe('peer');
  });

  test('takes a variant by fields that the home was told of, or that nobody sent', () => {
    const { bench, target, viewer } = asking('ts', 'Origin: https://player.example');
    expect(bench.last.header('origin')).toBe('https://player.example');
    bench.last.answer(200, [...STRONG, 'Vary: Origin, X-Quality, Accept-Encoding'], 'hello');
    expect(viewer.body).toBe('hello');
    expect(bench.get(target, 'Origin: https://player.example').body).toBe('hello');
    expect(bench.asked).toHaveLength(1);
  });
});

describe('an agent that is asked', () => {
  test('answers from the store, with the age in milliseconds', () => {
    const bench = new Bench();
    bench.get('/a.ts');
    bench.last.answer(200, STRONG, 'hello');
    bench.nowMs += 1234;
    const neighbour = bench.fetch('/a.ts');
    expect([neighbour.head?.status, neighbour.head?.ageMs, neighbour.body]).toEqual([200, 1234, 'hello']);
    expect([neighbour.promised, neighbour.outcome]).toEqual([0, 'end']);
  });

  test('says that what is asked for has not changed', () => {
    const bench = new Bench();
    bench.get('/a.ts');
    bench.last.answer(200, STRONG, 'hello');
    const same = bench.fetch('/a.ts', { headers: fields('If-None-Match: "a"') });
    expect([same.head?.status, same.head?.size, same.body]).toEqual([304, 0, '']);
    const other = bench.fetch('/a.ts', { headers: fields('If-None-Match: "b"') });
    expect([other.head?.status, other.body]).toEqual([200, 'hello']);
  });

  test('promises, fetches once for all, and streams while it is still filling', () => {
    const bench = new Bench();
    const neighbour = bench.fetch('/a.ts');
    const viewer = bench.get('/a.ts');
    expect([neighbour.promised, neighbour.answers]).toEqual([1, 0]);
    bench.last.head(200, STRONG, 5).bytes('hel');
    const late = bench.fetch('/a.ts');
    expect([neighbour.body, viewer.body, late.body, late.promised]).toEqual(['hel', 'hel', 'hel', 0]);
    bench.last.bytes('lo').end();
    expect([neighbour, late].map((each) => [each.body, each.outcome, each.answers])).toEqual([
      ['hello', 'end', 1],
      ['hello', 'end', 1],
    ]);
    expect(bench.requests).toEqual({ joined: 1 });
    bench.expectQuiet();
  });

  test('promises also while a playlist is arriving, of which nothing can be sent yet', () => {
    const bench = new Bench();
    bench.get('/a.m3u8');
    bench.last.head(200, [], LIVE.length).bytes('#EXT');
    const neighbour = bench.fetch('/a.m3u8');
    expect([neighbour.promised, neighbour.answers]).toEqual([1, 0]);
    bench.last.bytes(LIVE.slice(4)).end();
    expect([neighbour.body, neighbour.outcome]).toEqual([LIVE, 'end']);
  });

  test.each([
    ['half-way through the fill', false],
    ['from the store', true],
  ])('continues %s only what the asker has the beginning of', (_, complete) => {
    const bench = new Bench();
    bench.get('/a.ts');
    bench.last.head(200, STRONG, 5).bytes('hell');
    if (complete) bench.last.bytes('o').end();
    const right = bench.fetch('/a.ts', { offset: 2, ifMatch: '"a"' });
    const wrong = bench.fetch('/a.ts', { offset: 2, ifMatch: '"b"' });
    bench.last.bytes('o').end();
    expect([right.head?.size, right.body, right.outcome]).toEqual([5, 'llo', 'end']);
    expect([wrong.reason, wrong.answers]).toEqual(['changed', 1]);
    bench.expectQuiet();
  });

  test('refuses a name that is not that of the target: it would poison the asker', () => {
    const bench = new Bench();
    for (const neighbour of [bench.fetch('/a.ts', { name: nameOf('/b.ts') }), bench.fetch('//evil/a.ts')]) {
      expect([neighbour.reason, bench.asked.length]).toEqual(['internal', 0]);
    }
  });

  test('refuses what another agent is home of, once it has come far enough', () => {
    const bench = new Bench({ members: 3 });
    const target = bench.targetAt('peer');
    const chain = [agentId(1), agentId(2)];
    expect(bench.fetch(target, { chain }).reason).toBe('stale-view');
    expect([bench.asked.length, SELF.length]).toEqual([0, 64]);
    bench.expectQuiet();
  });

  test('refuses new work while it drains, and still serves viewers', () => {
    const bench = new Bench();
    bench.swarm.drain();
    expect(bench.fetch('/a.ts').reason).toBe('draining');
    bench.get('/a.ts');
    bench.last.answer(200, STRONG, 'hello');
    bench.expectQuiet();
  });

  test.each([
    ['origin-unreachable', 'origin-failed'],
    ['origin-timeout', 'origin-timeout'],
  ] as const)('says that it was the origin that failed: %s', (reason, reset) => {
    const bench = new Bench();
    const neighbour = bench.fetch('/a.ts');
    bench.last.fail(reason);
    expect([neighbour.reason, neighbour.answers]).toEqual([reset, 1]);
    bench.expectQuiet();
  });

  test('says that an object is too large, and knows it from then on', () => {
    const bench = new Bench();
    const neighbour = bench.fetch('/a.ts');
    bench.last.head(200, STRONG, OBJECT_BYTES_MAX + 1);
    expect([neighbour.reason, bench.fetch('/a.ts').reason, bench.asked.length]).toEqual([
      'too-large',
      'too-large',
      1,
    ]);
    bench.expectQuiet();
  });

  test('asks the origin with its own validators, not with the asker’s', () => {
    const bench = new Bench();
    bench.fetch('/a.ts', { headers: fields('If-None-Match: "theirs"', 'Accept: video/mp2t') });
    expect([bench.last.header('if-none-match'), bench.last.header('accept')]).toEqual([
      undefined,
      'video/mp2t',
    ]);
  });

  test('tells the asker the age of the stale copy that it serves while the origin fails', () => {
    const bench = new Bench();
    bench.get('/a.m3u8');
    bench.last.answer(200, [], LIVE);
    bench.nowMs += 1700;
    const neighbour = bench.fetch('/a.m3u8');
    bench.last.fail('origin-unreachable');
    expect([neighbour.head?.status, neighbour.head?.ageMs, neighbour.body]).toEqual([200, 1700, LIVE]);
    bench.expectQuiet();
  });

  test('stops what is not to be stored when the only asker is gone', () => {
    const bench = new Bench();
    const neighbour = bench.fetch('/a.ts');
    bench.last.head(200, ['Cache-Control: no-store'], 10).bytes('01');
    neighbour.leave();
    expect(bench.last.cancelled).toBe(true);
    bench.expectQuiet();
  });
});
