// Verifies the signature of every record in a message before anyone sees the message.
//
// A record arrives many times: in rumours, digests' answers, welcomes. Verifying costs 81 us, so what has verified is
// remembered: by signature, with the body that it signed, because a signature alone proves nothing.

import { LRUCache } from 'lru-cache';
import { unreachable } from '../../core/assert.ts';
import type { ControlMessage, Rumour } from '../../wire/message.ts';
import { primaryOf, type SeatRecord, type Signed } from '../../wire/record.ts';
import { VERIFIED_RECORDS_MAX } from './limits.ts';

export class RecordCheck {
  readonly #verify: (record: Signed) => boolean;
  readonly #verified: LRUCache<string, Buffer> = new LRUCache({ max: VERIFIED_RECORDS_MAX });

  constructor(verify: (record: Signed) => boolean) {
    this.#verify = verify;
  }

  /** @returns whether every record in the message was signed by the agent that it is about, every seat by its primary */
  passes(message: ControlMessage): boolean {
    return recordsOf(message).every((record) => this.#passesOne(record));
  }

  #passesOne(record: Signed): boolean {
    const { body, signature } = record.proof;
    const key = Buffer.from(signature.buffer, signature.byteOffset, signature.length).toString('latin1');
    if (this.#verified.get(key)?.equals(body) === true) return true;
    if (!this.#verify(record)) return false;
    this.#verified.set(key, Buffer.from(body));
    return true;
  }
}

/** Every record that a message carries. A message of a new kind does not compile without a line here. */
export function recordsOf(message: ControlMessage): readonly Signed[] {
  switch (message.kind) {
    case 'probe':
    case 'ack':
    case 'probe-request':
    case 'probe-report':
      return inRumours(message.rumours);
    case 'join':
      return [message.record];
    case 'welcome':
    case 'delta':
      return [...inRumours(message.members), ...message.contacts];
    case 'referral':
      return message.contacts;
    case 'seats':
    case 'place':
      return message.seats.map(bySigner);
    case 'digest':
    case 'seat-probe':
    case 'seat-ack':
    case 'seat-entries':
    case 'regroup':
    case 'cast':
    case 'cast-ack':
    case 'cast-have':
    case 'cast-pull':
    case 'interest':
      return [];
    default:
      return unreachable(message);
  }
}

function inRumours(rumours: readonly Rumour[]): readonly Signed[] {
  return rumours.flatMap(({ record }) => (record === undefined ? [] : [record]));
}

function bySigner(seat: SeatRecord): Signed {
  return { id: primaryOf(seat), proof: seat.proof };
}
