// Agents, records and an outbox that notes what was sent, for tests of membership.

import { newCounts, Timings } from '../../../../agent/core/counters.ts';
import { Membership, type MembershipOptions } from '../../../../agent/core/polyring/membership.ts';
import type { Contact, Outbox } from '../../../../agent/core/ports.ts';
import { prng } from '../../../../agent/core/prng.ts';
import type { AgentId, Region, RingId } from '../../../../agent/wire/ids.ts';
import type { ControlMessage, MemberState, Rumour } from '../../../../agent/wire/message.ts';
import type { AgentClaim, AgentRecord, SeatClaim, SeatRecord } from '../../../../agent/wire/record.ts';

export const RING = '0|eu|aaaaaaaa' as RingId;
export const OTHER_RING = '0|eu|zzzzzzzz' as RingId;

export function idOf(number: number): AgentId {
  return number.toString(16).padStart(64, '0') as AgentId;
}

export function recordOf(number: number, parts: Partial<AgentClaim> = {}): AgentRecord {
  return seal({
    id: idOf(number),
    incarnation: 1,
    sequence: 0,
    ring: RING,
    region: 'eu/ber' as Region,
    link: `host-${number}:7000`,
    publicUrl: '',
    reachability: 'dialable',
    weight: 100,
    version: '1',
    ...parts,
  });
}

export function rumourOf(number: number, state: MemberState, parts: Partial<Rumour> = {}): Rumour {
  const record = state === 'alive' ? recordOf(number) : undefined;
  return { subject: idOf(number), state, incarnation: 1, accuser: idOf(number), record, ...parts };
}

export function seal(claim: AgentClaim): AgentRecord {
  return { ...claim, proof: { body: new Uint8Array(0), signature: new Uint8Array(0) } };
}

export function sealSeat(claim: SeatClaim): SeatRecord {
  return { ...claim, proof: { body: new Uint8Array(0), signature: new Uint8Array(0) } };
}

/** An outbox that keeps what membership may do: send. */
export class Sent implements Outbox {
  readonly #letters: { to: Contact; message: ControlMessage }[] = [];

  send(to: Contact, message: ControlMessage): void {
    this.#letters.push({ to, message });
  }

  /** @returns everything sent since the last call */
  take(): { to: Contact; message: ControlMessage }[] {
    return this.#letters.splice(0);
  }

  /** @returns messages of one kind sent since the last call of `take`, which this is */
  takeKind<K extends ControlMessage['kind']>(kind: K): Extract<ControlMessage, { kind: K }>[] {
    return this.take()
      .map(({ message }) => message)
      .filter((message): message is Extract<ControlMessage, { kind: K }> => message.kind === kind);
  }

  readonly wakeAt = (): never => refuse('wakeAt is the agent core’s to call');
  readonly fetchOrigin = (): never => refuse('membership fetches nothing');
  readonly fetchPeer = (): never => refuse('membership fetches nothing');
  readonly answer = (): never => refuse('membership answers no wants');
  readonly giveUp = (): never => refuse('membership has no fills');
  readonly deliver = (): never => refuse('membership hands nothing to applications');
}

function refuse(why: string): never {
  throw new Error(why);
}

/** Agent 1, started at time 0, with the outbox that it speaks into. */
export function agentOne(options: Partial<MembershipOptions> = {}) {
  const { ring: _ring, sequence: _sequence, proof: _proof, ...claim } = recordOf(1);
  const counts = newCounts();
  const outbox = new Sent();
  const member = new Membership({
    claim,
    seal,
    sealSeat,
    random: prng(7),
    counts,
    timings: new Timings(),
    seeds: [{ id: undefined, link: 'seed:7000' }],
    ...options,
  });
  member.start(0, outbox);
  return { member, outbox, counts };
}

/** Agent 1 in one ring with agents 2 to `size`, all of whom it knows. */
export function ringOf(size: number, options: Partial<MembershipOptions> = {}) {
  const agent = agentOne(options);
  const members = Array.from({ length: size - 1 }, (_, i) => rumourOf(i + 2, 'alive'));
  agent.member.receive(idOf(2), { kind: 'welcome', ring: RING, members, contacts: [] }, 1, agent.outbox);
  agent.outbox.take();
  return agent;
}
