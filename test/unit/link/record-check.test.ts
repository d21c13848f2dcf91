// Records are verified once and remembered by what was signed, not by the signature alone.
import { describe, expect, it } from 'vitest';
import { ephemeralKey } from '../../../agent/adapters/identity/agent-key.ts';
import { RecordCheck, recordsOf } from '../../../agent/adapters/link/record-check.ts';
import { type AgentId, WORLD } from '../../../agent/wire/ids.ts';
import type { ControlMessage, Rumour } from '../../../agent/wire/message.ts';
import type { AgentRecord, SeatRecord } from '../../../agent/wire/record.ts';
import { claimOf, someId } from '../wire/example.ts';

const key = ephemeralKey();
const record = key.seal(claimOf(key.id));
const join = (carried: AgentRecord): ControlMessage => ({ kind: 'join', record: carried });

function counting(): { check: RecordCheck; calls: () => number } {
  let calls = 0;
  const check = new RecordCheck((each) => {
    calls += 1;
    return key.verify(each);
  });
  return { check, calls: () => calls };
}

describe('a record check', () => {
  it('passes a signed record, and asks the key only the first time', () => {
    const { check, calls } = counting();
    for (let i = 0; i < 5; i += 1) expect(check.passes(join(record))).toBe(true);
    expect(calls()).toBe(1);
  });

  it('does not take a known signature under another body', () => {
    const { check } = counting();
    expect(check.passes(join(record))).toBe(true);
    const other = key.seal(claimOf(key.id, { weight: 1 }));
    const forged = { ...other, proof: { ...other.proof, signature: record.proof.signature } };
    expect(check.passes(join(forged))).toBe(false);
    expect(check.passes(join(record))).toBe(true);
  });

  it('does not remember what failed as good', () => {
    const { check } = counting();
    const forged = { ...record, proof: { ...record.proof, signature: new Uint8Array(64) } };
    expect(check.passes(join(forged))).toBe(false);
    expect(check.passes(join(forged))).toBe(false);
  });

  it('remembers its own copy of the body', () => {
    const { check } = counting();
    const body = Uint8Array.from(record.proof.body);
    expect(check.passes(join({ ...record, proof: { ...record.proof, body } }))).toBe(true);
    body[0] = (body[0] ?? 0) ^ 1;
    expect(check.passes(join({ ...record, proof: { ...record.proof, body } }))).toBe(false);
  });

  it('checks a seat by the key of its first contact', () => {
    const { check } = counting();
    const contact = (id: AgentId) => ({ id, link: '127.0.0.1:7000', publicUrl: '' });
    const claim = {
      ring: record.ring,
      parent: WORLD,
      term: 1,
      region: record.region,
      size: 3,
      contacts: [contact(key.id), contact(someId(7))],
    };
    const seats = (seat: SeatRecord): ControlMessage => ({
      kind: 'seats',
      seats: [seat],
      gone: [],
      wanted: [],
    });
    const seat = key.sealSeat(claim);
    expect(check.passes(seats(seat))).toBe(true);
    expect(check.passes({ kind: 'place', seats: [seat] })).toBe(true);
    const other = ephemeralKey().sealSeat(claim);
    expect(check.passes(seats(other))).toBe(false);
  });

  it('finds every record that a message carries', () => {
    const rumour: Rumour = { subject: key.id, state: 'alive', incarnation: 1, accuser: key.id, record };
    const bare: Rumour = { ...rumour, state: 'dead', record: undefined };
    const rumours = [rumour, bare, rumour];
    const { ring } = record;
    const counts: [ControlMessage, number][] = [
      [{ kind: 'probe', seq: 1, rumours }, 2],
      [{ kind: 'ack', seq: 1, load: 0, rumours }, 2],
      [{ kind: 'probe-request', seq: 1, target: key.id, rumours }, 2],
      [{ kind: 'probe-report', seq: 1, target: key.id, reached: true, rumours }, 2],
      [join(record), 1],
      [{ kind: 'welcome', ring, members: rumours, contacts: [record] }, 3],
      [{ kind: 'referral', contacts: [record, record] }, 2],
      [{ kind: 'digest', ring, entries: [] }, 0],
      [{ kind: 'delta', ring, members: rumours, contacts: [record], wanted: [] }, 3],
    ];
    for (const [message, count] of counts) expect(recordsOf(message), message.kind).toHaveLength(count);
  });
});
