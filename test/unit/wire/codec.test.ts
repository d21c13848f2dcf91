// Messages to bytes and back, and every way in which bytes are refused.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, decodeRecord, encode, encodeClaim, ROWS } from '../../../agent/wire/codec.ts';
import { utf8Length } from '../../../agent/wire/cursor.ts';
import type { AgentId, SegmentName } from '../../../agent/wire/ids.ts';
import * as limits from '../../../agent/wire/limits.ts';
import type { Message, Rumour } from '../../../agent/wire/message.ts';
import type { AgentRecord } from '../../../agent/wire/record.ts';
import { anyMessage, messages, record } from './arbitrary.ts';
import { claimOf, someId } from './example.ts';

const reasonOf = (frame: Uint8Array): string => {
  const decoded = decode(frame);
  return decoded.ok ? 'accepted' : decoded.reason;
};
const sealed = (over: Parameters<typeof claimOf>[1] = {}): AgentRecord => {
  const claim = claimOf(someId(1), over);
  return { ...claim, proof: { body: encodeClaim(claim).slice(), signature: new Uint8Array(64).fill(7) } };
};
const rumour: Rumour = {
  subject: someId(1),
  state: 'alive',
  incarnation: 3,
  accuser: someId(1),
  record: sealed(),
};
const changed = (message: Message, at: number, byte: number): Uint8Array => {
  const frame = encode(message).slice();
  frame[at] = byte;
  return frame;
};

describe('every message', () => {
  it.each(Object.entries(messages))('%s reads back as it was written', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<Message>, (message) => {
        expect(decode(encode(message))).toEqual({ ok: true, value: message });
      }),
    );
  });

  it.each(Object.entries(messages))('%s is refused when cut anywhere, with a reason', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<Message>, (message) => {
        const frame = encode(message);
        for (let end = 0; end < frame.length; end += 1) {
          expect(reasonOf(frame.subarray(0, end))).toBe('truncated');
        }
      }),
      { numRuns: 8 },
    );
  });

  it('is refused with a byte behind it', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(reasonOf(Buffer.concat([encode(message), Uint8Array.of(0)]))).toBe('trailing');
      }),
    );
  });

  it('holds no view of the bytes that it was read from', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        // A Buffer, as sockets give them: its `slice` is a view.
        const frame = Buffer.from(encode(message));
        const decoded = decode(frame);
        frame.fill(0xff);
        expect(decoded).toEqual({ ok: true, value: message });
      }),
      { numRuns: 50 },
    );
  });

  it('has a type and a kind of its own', () => {
    expect(new Set(ROWS.map(({ type }) => type)).size).toBe(ROWS.length);
    expect(ROWS.map(({ kind }) => kind).sort()).toEqual(Object.keys(messages).sort());
  });
});

describe('bytes from outside', () => {
  it('never throw, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        decode(bytes);
        decodeRecord({ body: bytes, signature: new Uint8Array(64) });
      }),
      { numRuns: 2000 },
    );
  });

  it('never throw behind a known type, and what is accepted can be written again', () => {
    const types = fc.constantFrom(...ROWS.map(({ type }) => type));
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 400 }), (type, bytes) => {
        const decoded = decode(Uint8Array.of(type, ...bytes));
        if (decoded.ok) expect(decode(encode(decoded.value))).toEqual(decoded);
      }),
      { numRuns: 3000 },
    );
  });

  it('never throw where one byte of a message was changed', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), fc.integer({ min: 0, max: 255 }), (message, at, byte) => {
        const frame = encode(message).slice();
        frame[at % frame.length] = byte;
        const decoded = decode(frame);
        if (decoded.ok) expect(decode(encode(decoded.value)).ok).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

const list = (count: number): Uint8Array => Uint8Array.of(0x10, 0, 0, 0, 1, count >> 8, count & 0xff);
const withRecord = (over: Parameters<typeof claimOf>[1]): Message => ({ kind: 'join', record: sealed(over) });
const fetch = (over: object): Message => ({
  kind: 'fetch',
  id: 1,
  name: 'o /a' as SegmentName,
  target: '/a',
  tier: 0,
  chain: [],
  avoid: [],
  offset: 0,
  ifMatch: '',
  deadlineMs: 0,
  headers: [],
  ...over,
});
const ids = (count: number): AgentId[] => Array.from({ length: count }, (_, i) => someId(i));

describe('a frame is refused', () => {
  const refusals: [string, string, Uint8Array][] = [
    ['when empty', 'truncated', new Uint8Array(0)],
    ['over the largest size', 'too-long', new Uint8Array(limits.FRAME_BYTES_MAX + 1)],
    ['of an unknown type', 'unknown-type', Uint8Array.of(0xee)],
    ['with more rumours than allowed', 'too-many', list(limits.RUMOURS_MAX + 1)],
    ['with more rumours than bytes', 'truncated', list(limits.RUMOURS_MAX)],
    [
      'with an unknown member state',
      'unknown-state',
      changed({ kind: 'probe', seq: 1, rumours: [rumour] }, 39, 9),
    ],
    [
      'with a flag that is no flag',
      'out-of-range',
      changed({ kind: 'probe-report', seq: 1, target: someId(1), reached: true, rumours: [] }, 37, 2),
    ],
    [
      'with an unknown purpose',
      'out-of-range',
      changed({ kind: 'hello', versionMin: 1, versionMax: 1, purpose: 'bulk' }, 3, 7),
    ],
    [
      'with an unknown reset reason',
      'out-of-range',
      changed({ kind: 'reset', id: 1, reason: 'busy' }, 5, 200),
    ],
    ['with a record of a malformed ring', 'bad-id', encode(withRecord({ ring: 'ring' as never }))],
    ['with a record of a malformed region', 'bad-region', encode(withRecord({ region: 'EU' as never }))],
    ['with a record of a malformed address', 'bad-address', encode(withRecord({ link: 'host:99999' }))],
    ['with a record of a malformed URL', 'bad-url', encode(withRecord({ publicUrl: 'ftp://x' }))],
    ['with a URL that has a path', 'bad-url', encode(withRecord({ publicUrl: 'http://x/y' }))],
    [
      'with a version text over its limit',
      'too-long',
      encode(withRecord({ version: 'v'.repeat(limits.VERSION_BYTES_MAX + 1) })),
    ],
    [
      'with an incarnation over its limit',
      'out-of-range',
      encode(withRecord({ incarnation: limits.COUNTER_MAX + 1 })),
    ],
    ['with an incarnation of 2^53', 'out-of-range', encode(withRecord({ incarnation: 2 ** 53 }))],
    [
      'with a target over its limit',
      'too-long',
      encode(fetch({ target: 'x'.repeat(limits.TARGET_BYTES_MAX + 1) })),
    ],
    ['with a chain over its limit', 'too-many', encode(fetch({ chain: ids(limits.CHAIN_MAX + 1) }))],
    ['with too many agents to avoid', 'too-many', encode(fetch({ avoid: ids(limits.AVOID_MAX + 1) }))],
    ['with an offset over its limit', 'out-of-range', encode(fetch({ offset: limits.OBJECT_BYTES_MAX + 1 }))],
    [
      'with a piece over its limit',
      'too-long',
      encode({ kind: 'piece', id: 1, bytes: new Uint8Array(limits.PIECE_BYTES_MAX + 1) }),
    ],
    ['with text that is no UTF-8', 'bad-text', changed(fetch({ target: '/é' }), 15, 0xff)],
  ];
  it.each(refusals)('%s, as %s', (_, reason, frame) => expect(reasonOf(frame)).toBe(reason));

  it.each([
    fetch({
      target: 'x'.repeat(limits.TARGET_BYTES_MAX),
      chain: ids(limits.CHAIN_MAX),
      avoid: ids(limits.AVOID_MAX),
    }),
    fetch({ offset: limits.OBJECT_BYTES_MAX }),
    withRecord({ incarnation: limits.COUNTER_MAX, version: 'v'.repeat(limits.VERSION_BYTES_MAX) }),
    { kind: 'piece', id: 1, bytes: new Uint8Array(limits.PIECE_BYTES_MAX) } as const,
  ])('not at its limits: %#', (message) => expect(reasonOf(encode(message))).toBe('accepted'));
});

describe('a record', () => {
  it('keeps the bytes that its writer signed, with fields that this version does not know', () => {
    const { proof, ...claim } = sealed();
    const body = Buffer.concat([proof.body, Buffer.from('a later field')]);
    const decoded = decode(encode({ kind: 'join', record: { ...claim, proof: { ...proof, body } } }));
    const read = decoded.ok && decoded.value.kind === 'join' ? decoded.value.record : undefined;
    expect(read).toMatchObject(claim);
    expect(read?.proof.body).toEqual(new Uint8Array(body));
  });

  it('reads from its proof what its writer claimed', () => {
    fc.assert(
      fc.property(record, (written) => {
        expect(decodeRecord(written.proof)).toEqual({ ok: true, value: written });
      }),
    );
  });

  it('travels unsigned where nobody signs, with a signature of zeros', () => {
    const claim = claimOf(someId(1));
    const empty = new Uint8Array(0);
    const decoded = decode(
      encode({ kind: 'join', record: { ...claim, proof: { body: empty, signature: empty } } }),
    );
    const read = decoded.ok && decoded.value.kind === 'join' ? decoded.value.record : undefined;
    expect(read).toMatchObject(claim);
    expect(read?.proof.signature).toEqual(new Uint8Array(64));
  });

  it('is the largest that its fields allow, and still under its own limit', () => {
    const claim = claimOf(someId(1), {
      incarnation: limits.COUNTER_MAX,
      sequence: limits.COUNTER_MAX,
      ring: `0|${'a'.repeat(limits.REGION_BYTES_MAX)}|abcdefgh` as never,
      region: 'a'.repeat(limits.REGION_BYTES_MAX) as never,
      link: `${'h'.repeat(limits.ADDRESS_BYTES_MAX - 6)}:65535`,
      publicUrl: `https://${'h'.repeat(limits.PUBLIC_URL_BYTES_MAX - 8)}`,
      version: 'v'.repeat(limits.VERSION_BYTES_MAX),
    });
    const body = encodeClaim(claim).slice();
    expect(decodeRecord({ body, signature: new Uint8Array(64) }).ok).toBe(true);
    expect(body.length).toBeLessThan(limits.RECORD_BYTES_MAX);
  });
});

describe('limits', () => {
  it('fit into each other', () => {
    expect(limits.PIECE_BYTES_MAX + 9).toBeLessThanOrEqual(limits.FRAME_BYTES_MAX);
    expect(limits.RECORD_BYTES_MAX + limits.SIGNATURE_BYTES + 5).toBeLessThanOrEqual(limits.FRAME_BYTES_MAX);
    expect(limits.NAME_BYTES_MAX).toBeGreaterThan(limits.TARGET_BYTES_MAX);
    expect(limits.COUNTER_MAX).toBeLessThan(Number.MAX_SAFE_INTEGER);
    expect(limits.OBJECT_BYTES_MAX).toBeLessThan(Number.MAX_SAFE_INTEGER);
    for (const bytes of [limits.NAME_BYTES_MAX, limits.HEADER_BYTES_MAX, limits.PUBLIC_URL_BYTES_MAX]) {
      expect(bytes).toBeLessThan(2 ** 16);
    }
  });

  it('let a full digest and a welcome of members with addresses of common length pass in one frame', () => {
    const members = ids(limits.MEMBERS_MAX).map((subject) => ({ ...rumour, subject }));
    const contacts = Array.from({ length: limits.CONTACTS_MAX }, () =>
      sealed({ link: `${'h'.repeat(64)}:7000`, publicUrl: `https://${'h'.repeat(64)}` }),
    );
    const ring = claimOf(someId(1)).ring;
    const entries = ids(limits.MEMBERS_MAX).map((id) => ({
      id,
      state: 'alive' as const,
      incarnation: 1,
      sequence: 1,
    }));
    expect(reasonOf(encode({ kind: 'digest', ring, entries }))).toBe('accepted');
    expect(reasonOf(encode({ kind: 'welcome', ring, members, contacts }))).toBe('accepted');
  });
});

it('utf8Length is the length of the bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(utf8Length(text)).toBe(Buffer.byteLength(text));
    }),
  );
});
