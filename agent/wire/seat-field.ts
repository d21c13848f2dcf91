// The signed body of a seat, field by field, and what makes one unsound.
//
// It begins with a text that no agent record can begin with (that would have to be 15 given bytes of a public key), so
// that one kind of signed body never passes for the other.

import * as field from './field.ts';
import { type RingId, ringLevel } from './ids.ts';
import * as limits from './limits.ts';
import type { SeatClaim, SeatContact } from './record.ts';

const MARK = 'ringcast seat';

const contact: field.Field<SeatContact> = field.struct<SeatContact>('contact: id, link, publicUrl', {
  id: field.agentId,
  link: field.address,
  publicUrl: field.publicUrl,
});

export const SEAT_FIELDS: field.Fields<SeatClaim> = {
  ring: field.ringId,
  parent: field.ringId,
  term: field.counter,
  region: field.region,
  size: field.u32,
  contacts: field.list(contact, limits.SEAT_CONTACTS_MAX),
};
const FIELDS: field.Field<SeatClaim> = field.struct('seat', SEAT_FIELDS);

/** Fields that a later version appends are signed, relayed and ignored here. */
export const seatBody: field.Field<SeatClaim> = {
  shape: `text "${MARK}", seat`,
  read: (from) => {
    if (from.text(MARK.length) !== MARK) from.refuse('out-of-range');
    const seat = FIELDS.read(from);
    if (seat.contacts.length === 0 || seat.contacts.some(({ link }) => link === '')) {
      from.refuse('out-of-range');
    }
    if (!mayHold(seat.parent, seat.ring)) from.refuse('out-of-range');
    return seat;
  },
  write: (to, seat) => {
    to.text(MARK);
    FIELDS.write(to, seat);
  },
};

/** A parent is of a strictly higher level, so that rings can never form a circle; or it is the ring itself: none. */
export function mayHold(parent: RingId, ring: RingId): boolean {
  return parent === ring || ringLevel(parent) > ringLevel(ring);
}
