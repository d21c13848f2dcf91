// Who speaks for a ring: up to five contacts, of whom the first three are its representatives, the first its primary.
//
// Everyone with the same view names the same ones. Incumbents stay as long as they live: a change of primary costs a
// new seat record and the attention of everybody above, and whoever has served long is the most likely to go on
// serving. Empty places are filled by uplink class, then by a hash that is salted with the ring's id, so that one
// agent does not speak for every ring. Outbound agents are never contacts: nobody can dial them.

import type { AgentId, RingId } from '../../wire/ids.ts';
import { SEAT_CONTACTS_MAX } from '../../wire/limits.ts';
import type { AgentRecord, SeatContact } from '../../wire/record.ts';
import { hash64, salted } from '../../wire/rendezvous.ts';
import type { Seat } from './path.ts';

/** The first so many contacts of a seat speak for it. */
export const REPRESENTATIVES = 3;

interface Candidate extends SeatContact {
  /** Higher is better. */
  readonly tier: number;
}

/** @param incumbents in their order
 *  @returns the contacts of a leaf ring; empty where nobody in it can be dialled */
export function leafContacts(
  ring: RingId,
  members: readonly AgentRecord[],
  incumbents: readonly AgentId[],
): SeatContact[] {
  const candidates = members
    .filter(({ link }) => link !== '')
    .map(({ id, link, publicUrl, weight }) => {
      return { id, link, publicUrl, tier: Math.floor(Math.log2(1 + weight)) };
    });
  return chosen(ring, candidates, incumbents);
}

/** @returns the contacts of a ring of seats, from as many seats as there are: their primaries come first */
export function seatContacts(
  ring: RingId,
  seats: readonly Seat[],
  incumbents: readonly AgentId[],
): SeatContact[] {
  const candidates = new Map<AgentId, Candidate>();
  for (const seat of seats) {
    const count = Math.min(seat.contacts.length, REPRESENTATIVES);
    for (let rank = 0; rank < count; rank += 1) {
      const contact = seat.contacts[rank] as SeatContact;
      const known = candidates.get(contact.id);
      if (known === undefined || known.tier < -rank) candidates.set(contact.id, { ...contact, tier: -rank });
    }
  }
  return chosen(ring, [...candidates.values()], incumbents);
}

function chosen(
  ring: RingId,
  candidates: readonly Candidate[],
  incumbents: readonly AgentId[],
): SeatContact[] {
  const salt = hash64(ring);
  const ranked = candidates.map((candidate) => {
    const at = incumbents.indexOf(candidate.id);
    return {
      candidate,
      seniority: at < 0 ? incumbents.length : at,
      hash: salted(hash64(candidate.id), salt).high,
    };
  });
  ranked.sort((a, b) => a.seniority - b.seniority || b.candidate.tier - a.candidate.tier || a.hash - b.hash);
  return ranked
    .slice(0, SEAT_CONTACTS_MAX)
    .map(({ candidate: { id, link, publicUrl } }) => ({ id, link, publicUrl }));
}
