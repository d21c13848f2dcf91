// Bytes that are not what is signed: seen at the first block where that is known by then, else at the end; and never whole.

import { describe, expect, test } from 'vitest';
import { descriptorOf } from '../../../agent/edge/descriptor-of.ts';
import type { PeerRequest } from '../../../agent/edge/ports.ts';
import type { Descriptor } from '../../../agent/wire/descriptor.ts';
import { Bench, nameOf } from './edge-bench.ts';
import { signerOf } from './signers.ts';

const STRONG = ['Cache-Control: max-age=60', 'ETag: "a"'];
const LIVE = '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n1.ts\n';
const BLOCK = 64 * 1024;
const LARGE = Array.from({ length: 2 * BLOCK + 100 }, (_, at) => 'abcdefg'[at % 7]).join('');
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A viewer here of an object whose home is another agent of three. */
function asking(ending = 'ts', ...lines: string[]) {
  const bench = new Bench({ members: 3, objectBytesMax: 300_000 });
  const target = bench.targetAt('peer', ending);
  const viewer = bench.get(target, ...lines);
  expect(bench.last.kind).toBe('peer');
  return { bench, target, viewer, home: (bench.last.request as PeerRequest).source.peer.id };
}

const corrupt = (bench: Bench): Record<string, number> =>
  Object.fromEntries(
    Object.entries(bench.counts).filter(([key, count]) => key.startsWith('corrupt.') && count > 0),
  );

describe('bytes that were relayed before they were signed', () => {
  test('reach a viewer but for the last, which comes when they are right', () => {
    const { bench, target, viewer } = asking();
    bench.last.head(200, STRONG, 5).bytes('hello');
    expect([viewer.body, viewer.outcome, bench.find(target)]).toEqual(['hell', 'open', undefined]);
    bench.last.end();
    expect([viewer.body, viewer.outcome, bench.find(target)?.body.length]).toEqual(['hello', 'end', 5]);
    expect(corrupt(bench)).toEqual({});
    bench.expectQuiet();
  });

  test('and turn out wrong cut the viewer off, are not stored, and get the peer shunned', () => {
    const { bench, target, viewer, home } = asking();
    bench.last.head(200, STRONG, 5).bytes('hello', 11).end();
    expect([viewer.outcome, viewer.body.length, bench.find(target)]).toEqual(['abort', 4, undefined]);
    expect(bench.swarm.shunned(bench.nowMs)).toEqual([home]);
    expect(corrupt(bench)).toEqual({ 'corrupt.block': 1 });
    expect(bench.corrupt).toEqual([`${home.slice(0, 8)}: block 0 differs from what is signed`]);
    bench.expectQuiet();
    bench.nowMs += 599_000;
    expect(bench.swarm.shunned(bench.nowMs)).toEqual([home]);
    bench.nowMs += 2_000;
    expect(bench.swarm.shunned(bench.nowMs)).toEqual([]);
  });

  test('are got from elsewhere where nobody has seen any of them', () => {
    const { bench, viewer, home } = asking('m3u8');
    bench.last.head(200, [], LIVE.length).bytes(LIVE, 3).end();
    expect(viewer.answers).toBe(0);
    while (bench.last.kind === 'peer') {
      expect((bench.last.request as PeerRequest).source.peer.id).not.toBe(home);
      bench.last.head(200, [], LIVE.length).bytes(LIVE, 3).end();
    }
    bench.last.answer(200, [], LIVE);
    expect([viewer.body, viewer.outcome]).toEqual([LIVE, 'end']);
    expect(bench.swarm.shunned(bench.nowMs)).toContain(home);
    bench.expectQuiet();
  });

  test('do not end a part of them for a viewer who asked for no more', () => {
    const { bench, viewer } = asking('ts', 'Range: bytes=0-2');
    bench.last.head(200, STRONG, 5).bytes('hello', 0);
    expect([viewer.status, viewer.body.length]).toEqual([206, 2]);
    bench.last.end();
    expect(viewer.outcome).toBe('abort');
  });

  test('go to other agents as they come, and end there with what is signed of them', () => {
    const { bench, target } = asking();
    bench.last.head(200, STRONG, 5).bytes('hello');
    const neighbour = bench.fetch(target);
    expect([neighbour.body, neighbour.outcome]).toEqual(['hello', 'open']);
    bench.last.end();
    expect([neighbour.outcome, neighbour.fill?.descriptor?.size]).toEqual(['end', 5]);
  });

  test('go to other agents as they come, and are reset there when they turn out wrong', () => {
    const { bench, target } = asking();
    bench.last.head(200, STRONG, 5).bytes('hello', 1);
    const neighbour = bench.fetch(target);
    bench.last.end();
    expect([neighbour.outcome, neighbour.fill?.descriptor]).toEqual(['abort', undefined]);
  });

  test('are compared with the origin’s when the peer breaks off', () => {
    const { bench, viewer } = asking();
    bench.last.head(200, STRONG, 5).bytes('hel');
    while (bench.last.kind === 'peer') bench.last.fail('silent');
    expect(bench.last.header('range')).toBeUndefined();
    bench.last.answer(200, STRONG, 'hello');
    expect([viewer.body, viewer.outcome]).toEqual(['hello', 'end']);
    bench.expectQuiet();
  });

  test('are not continued by an origin that has others', () => {
    const { bench, target, viewer } = asking();
    bench.last.head(200, STRONG, 5).bytes('hel', 0);
    while (bench.last.kind === 'peer') bench.last.fail('silent');
    bench.last.answer(200, STRONG, 'hello');
    expect([viewer.outcome, bench.find(target)]).toEqual(['abort', undefined]);
    bench.expectQuiet();
  });

  test('of one peer are not held against the next, who goes on and knows better', () => {
    const { bench, viewer, home } = asking();
    bench.last.head(200, STRONG, 5).bytes('hel', 0).fail('unreachable');
    if (bench.last.kind !== 'peer') return;
    const { id } = (bench.last.request as PeerRequest).source.peer;
    const second = bench.last.head(200, STRONG, 5);
    second.describe(second.descriptorOf(bytesOf('hello')));
    second.bytes('lo').end();
    expect(viewer.outcome).toBe('abort');
    expect(bench.swarm.shunned(bench.nowMs)).toEqual([home]);
    expect(bench.corrupt.join()).not.toContain(id.slice(0, 8));
  });
});

describe('a descriptor that comes while bytes are out that it may not fit', () => {
  test('is not passed on before they are compared: whoever has them would blame this agent', () => {
    const { bench, target, viewer } = asking();
    const asked = bench.last.head(200, STRONG, LARGE.length);
    asked.bytes(LARGE.slice(0, BLOCK + 10));
    const neighbour = bench.fetch(target);
    asked.describe(asked.descriptorOf(bytesOf(LARGE))).bytes(LARGE.slice(BLOCK + 10, BLOCK + 20));
    expect([neighbour.body.length, neighbour.fill?.descriptor]).toEqual([BLOCK + 10, undefined]);
    asked.bytes(LARGE.slice(BLOCK + 20, 2 * BLOCK));
    expect(neighbour.fill?.descriptor?.size).toBe(LARGE.length);
    asked.bytes(LARGE.slice(2 * BLOCK)).end();
    expect([neighbour.body === LARGE, viewer.body === LARGE]).toEqual([true, true]);
  });
});

describe('bytes that are signed before they come', () => {
  test('are shown block by block, each when it is right', () => {
    const { bench, target, viewer } = asking();
    bench.last.head(200, STRONG, LARGE.length);
    bench.last.describe(bench.last.descriptorOf(bytesOf(LARGE)));
    bench.last.bytes(LARGE.slice(0, BLOCK - 1));
    expect(viewer.body).toBe('');
    bench.last.bytes(LARGE.slice(BLOCK - 1, BLOCK + 10));
    expect(viewer.body.length).toBe(BLOCK);
    bench.last.bytes(LARGE.slice(BLOCK + 10)).end();
    expect([viewer.body === LARGE, viewer.outcome, bench.find(target)?.body.length]).toEqual([
      true,
      'end',
      LARGE.length,
    ]);
    bench.expectQuiet();
  });

  test('are caught at the first bad block, before anybody sees it, and come from elsewhere', () => {
    const { bench, target, viewer, home } = asking();
    bench.last.head(200, STRONG, LARGE.length);
    bench.last.describe(bench.last.descriptorOf(bytesOf(LARGE)));
    const first = bench.last;
    first.bytes(LARGE.slice(0, BLOCK)).bytes(LARGE.slice(BLOCK, 2 * BLOCK), 77);
    expect([first.cancelled, viewer.body.length, viewer.outcome]).toEqual([true, BLOCK, 'open']);
    expect(bench.swarm.shunned(bench.nowMs)).toEqual([home]);
    while (bench.last.kind === 'peer') bench.last.fail('silent');
    expect(bench.last.header('range')).toBe(`bytes=${BLOCK}-`);
    const range = `Content-Range: bytes ${BLOCK}-${LARGE.length - 1}/${LARGE.length}`;
    bench.last.head(206, ['ETag: "a"', range], LARGE.length - BLOCK);
    bench.last.bytes(LARGE.slice(BLOCK)).end();
    expect([viewer.body === LARGE, viewer.outcome]).toEqual([true, 'end']);
    // It still holds what the first one signed, and passes that on.
    expect(bench.find(target)?.descriptor?.size).toBe(LARGE.length);
    bench.expectQuiet();
  });

  test('are checked by the digest of the whole where the signer’s blocks cannot be', () => {
    const { bench, viewer } = asking();
    bench.last.head(200, STRONG, 5);
    const blake3 = signerOf(() => bench.nowMs, { blake3: (bytes) => bytes.slice(0, 0) });
    bench.peer = { ...bench.peer, digests: blake3 };
    const about = { name: (bench.last.request as PeerRequest).name, status: 200, headers: [] };
    const real = descriptorOf(bench.peer, about, bytesOf('hello'));
    const claim = { ...real, blockHash: 'blake3' as const, blocks: new Uint8Array(32) };
    Object.assign(bench.digests, { computes: () => false });
    bench.last.describe(blake3.sign(claim)).bytes('hello', 5).end();
    expect([viewer.outcome, viewer.body.length, corrupt(bench)]).toEqual([
      'abort',
      4,
      { 'corrupt.block': 1 },
    ]);
    const again = asking();
    Object.assign(again.bench.digests, { computes: () => false });
    again.bench.last.head(200, STRONG, 5).bytes('hello').end();
    expect([again.viewer.outcome, again.viewer.body]).toEqual(['end', 'hello']);
  });
});

describe('a descriptor', () => {
  const changed = (over: Partial<Descriptor>) => (bench: Bench, real: Descriptor) =>
    bench.peer.digests.sign({ ...real, ...over });
  const cases: [string, (bench: Bench, real: Descriptor) => Descriptor][] = [
    ['of another object', changed({ name: nameOf('/other.ts') })],
    ['of another size', changed({ size: 6 })],
    ['of another status', changed({ status: 404 })],
    ['of another version', changed({ tag: '"b"' })],
    [
      'whose signature is of something else',
      (bench, real) => ({
        ...real,
        proof: {
          ...real.proof,
          signature: bench.peer.digests.sign(changed({ size: 6 })(bench, real)).proof.signature,
        },
      }),
    ],
    [
      'that says another signer than its certificate',
      (bench, real) => ({
        ...real,
        proof: { ...real.proof, certificate: signerOf(() => bench.nowMs).sign(real).proof.certificate },
      }),
    ],
    [
      'of an agent of another cluster',
      (bench, real) => signerOf(() => bench.nowMs, { stranger: true }).sign(real),
    ],
    ['that was signed in the future', changed({ fetchedMs: Date.UTC(2090, 1) })],
  ];

  test.each(cases)('%s is refused, and its sender shunned', (_, forge) => {
    const { bench, target, viewer, home } = asking();
    const asked = bench.last.head(200, STRONG, 5);
    asked.describe(forge(bench, asked.descriptorOf(bytesOf('hello'))));
    expect([asked.cancelled, viewer.body, viewer.outcome]).toEqual([true, '', 'open']);
    expect(corrupt(bench)).toEqual({ 'corrupt.descriptor': 1 });
    expect(bench.swarm.shunned(bench.nowMs)).toEqual([home]);
    while (bench.last.kind === 'peer') bench.last.fail('silent');
    bench.last.answer(200, STRONG, 'hello');
    expect([viewer.body, viewer.outcome, bench.find(target)?.body.length]).toEqual(['hello', 'end', 5]);
  });

  test('that never comes is missed at the end', () => {
    const { bench, target, viewer } = asking();
    bench.last.signs = false;
    bench.last.head(200, STRONG, 5).bytes('hello').end();
    expect([viewer.outcome, bench.find(target), corrupt(bench)]).toEqual([
      'abort',
      undefined,
      { 'corrupt.descriptor': 1 },
    ]);
  });

  test('is kept with the object and sent to others as it came', () => {
    const { bench, target } = asking();
    const asked = bench.last.head(200, STRONG, 5);
    const signed = asked.descriptorOf(bytesOf('hello'));
    asked.describe(signed).bytes('hello').end();
    expect(bench.fetch(target).fill?.descriptor).toBe(signed);
  });

  test('is this agent’s own of what it fetched from the origin whole, also after a break', () => {
    const bench = new Bench({ members: 3 });
    const target = bench.targetAt('self');
    bench.get(target);
    bench.last.head(200, STRONG, 5).bytes('hel').fail('origin-broken');
    expect(bench.last.header('range')).toBe('bytes=3-');
    bench.last.head(206, ['ETag: "a"', 'Content-Range: bytes 3-4/5'], 2).bytes('lo').end();
    const { descriptor } = bench.find(target) ?? {};
    expect(descriptor).toMatchObject({ name: nameOf(target), status: 200, size: 5, tag: '"a"' });
    const again = descriptorOf(
      bench.peer,
      { name: nameOf(target), status: 200, headers: [] },
      bytesOf('hello'),
    );
    expect([descriptor?.sha256, descriptor?.blocks]).toEqual([again.sha256, again.blocks]);
  });

  test('of a rewritten playlist is of the rewritten bytes', () => {
    const bench = new Bench({ members: 3 });
    const target = bench.targetAt('self', 'm3u8');
    bench.get(target);
    bench.last.answer(200, [], LIVE.replace('1.ts', 'http://origin.example/1.ts'));
    const { body, descriptor } = bench.find(target) ?? { body: new Uint8Array(0) };
    expect(new TextDecoder().decode(body)).toContain('\n/1.ts');
    expect(bench.fetch(target).fill?.descriptor).toBe(descriptor);
    const about = { name: nameOf(target), status: 200, headers: [] };
    expect(descriptor?.blocks).toEqual(descriptorOf(bench.peer, about, body).blocks);
  });
});

describe('digests in header fields', () => {
  const HELLO = 'sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:';
  const WRONG = HELLO.replace('LPJ', 'LPK');

  test('are told to players once the object is there as a whole', () => {
    const bench = new Bench();
    expect(bench.get('/a.ts').field('repr-digest')).toBeUndefined();
    bench.last.answer(200, STRONG, 'hello');
    expect(bench.get('/a.ts').field('repr-digest')).toBe(HELLO);
    expect(bench.get('/a.ts', 'Range: bytes=0-1').field('repr-digest')).toBe(HELLO);
  });

  test.each(['Repr-Digest', 'Content-Digest'])('of the origin are checked and passed on: %s', (name) => {
    const bench = new Bench();
    const right = bench.get('/a.ts');
    bench.last.answer(200, [...STRONG, `${name}: sha-512=:AA==:, ${HELLO}`], 'hello');
    expect([right.outcome, right.field(name.toLowerCase())]).toEqual(['end', `sha-512=:AA==:, ${HELLO}`]);
    const wrong = bench.get('/b.ts');
    bench.last.answer(200, [...STRONG, `${name}: ${WRONG}`], 'hello');
    expect([wrong.outcome, wrong.body, bench.find('/b.ts')]).toEqual(['abort', 'hell', undefined]);
    expect(corrupt(bench)).toEqual({ 'corrupt.origin': 1 });
    bench.expectQuiet();
  });

  test('of a part are not those of the whole', () => {
    const bench = new Bench();
    bench.get('/a.ts');
    bench.last.answer(200, [...STRONG, `Content-Digest: ${HELLO}`], 'hello');
    expect(bench.get('/a.ts', 'Range: bytes=0-1').field('content-digest')).toBeUndefined();
  });
});
