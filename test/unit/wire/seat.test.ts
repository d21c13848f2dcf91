// What a seat must be to be read at all, beyond what codec.test.ts holds for every message.
import { describe, expect, test } from 'vitest';
import { decode, encode, encodeClaim, encodeSeat } from '../../../agent/wire/codec.ts';
import { commonRegion, type Region, type RingId, regionRing, WORLD } from '../../../agent/wire/ids.ts';
import * as limits from '../../../agent/wire/limits.ts';
import { compareSeats, type SeatClaim, type SeatRecord } from '../../../agent/wire/record.ts';
import { claimOf, someId } from './example.ts';

const contact = { id: someId(1), link: '127.0.0.1:7000', publicUrl: '' };
const claim: SeatClaim = {
  ring: '0|eu|abcd1234' as RingId,
  parent: regionRing(1, 'eu'),
  term: 3,
  region: 'eu/de' as Region,
  size: 4,
  contacts: [contact],
};

function sealed(over: Partial<SeatClaim>, body?: Uint8Array): SeatRecord {
  const said = { ...claim, ...over };
  return { ...said, proof: { body: body ?? encodeSeat(said).slice(), signature: new Uint8Array(64) } };
}

function verdict(seat: SeatRecord): string {
  const decoded = decode(encode({ kind: 'place', seats: [seat] }));
  return decoded.ok ? 'accepted' : decoded.reason;
}

describe('a seat', () => {
  test.each([
    ['in a ring of a higher level', {}, 'accepted'],
    ['in the world ring', { parent: WORLD }, 'accepted'],
    ['of a ring that is in none', { parent: claim.ring }, 'accepted'],
    ['in a ring of its own level', { parent: '0|eu|zzzz9999' as RingId }, 'out-of-range'],
    ['in a ring of a lower level', { ring: regionRing(2, 'eu') }, 'out-of-range'],
    ['without a contact', { contacts: [] }, 'out-of-range'],
    ['with a contact that nobody can dial', { contacts: [{ ...contact, link: '' }] }, 'out-of-range'],
    ['with five contacts', { contacts: Array(5).fill(contact) }, 'accepted'],
    ['with six contacts', { contacts: Array(6).fill(contact) }, 'too-many'],
  ])('%s: %s', (_, over, expected) => expect(verdict(sealed(over))).toBe(expected));

  test('is not read from the body of an agent record', () => {
    const body = encodeClaim(claimOf(someId(1))).slice();
    expect(verdict(sealed({}, body))).not.toBe('accepted');
  });

  test('of a later version is read, with the fields it appends relayed', () => {
    const body = Uint8Array.from([...encodeSeat(claim), 1, 2, 3]);
    const decoded = decode(encode({ kind: 'place', seats: [sealed({}, body)] }));
    expect(decoded).toMatchObject({ ok: true, value: { seats: [{ ...claim, proof: { body } }] } });
  });

  test('of the largest kind fits a message as often as one may carry it', () => {
    const long = (length: number): string => 'h'.repeat(length);
    const widest = { id: someId(9), link: `${long(250)}:7000`, publicUrl: `https://${long(500)}` };
    const seat = sealed({ contacts: Array(limits.SEAT_CONTACTS_MAX).fill(widest) });
    expect(seat.proof.body.length).toBeLessThanOrEqual(limits.SEAT_BYTES_MAX);
    const seats = Array(limits.SEATS_MAX).fill(seat);
    expect(decode(encode({ kind: 'seats', seats, gone: [], wanted: [] }))).toMatchObject({ ok: true });
  });

  test('wins by its term, then by the lower id of its primary', () => {
    const age = (term: number, id: number) => ({ term, primary: someId(id) });
    expect(compareSeats(age(2, 9), age(1, 1))).toBeGreaterThan(0);
    expect(compareSeats(age(2, 1), age(2, 9))).toBeGreaterThan(0);
    expect(compareSeats(age(2, 9), age(2, 1))).toBeLessThan(0);
    expect(compareSeats(age(2, 9), age(2, 9))).toBe(0);
  });
});

test('regions have their first labels in common', () => {
  const common = (...regions: string[]): string => commonRegion(regions as Region[]);
  expect(common('eu/de/ber', 'eu/de/fra')).toBe('eu/de');
  expect(common('eu/de', 'eu/de')).toBe('eu/de');
  expect(common('eu', 'eu/de/ber')).toBe('eu');
});
