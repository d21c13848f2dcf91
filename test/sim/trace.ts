// A hash of everything that happened, in order: two runs of one seed must end with the same one.
//
// It takes in the time, the kind, who and from whom of every event, and of a message what can be read off without
// encoding it, so that it is the same whether messages went through the codec or not.

import type { ControlMessage, MemberState, Rumour } from '../../agent/wire/message.ts';

const STATES: Readonly<Record<MemberState, number>> = { alive: 1, suspect: 2, dead: 3, left: 4 };

export class Trace {
  #high = 0x811c9dc5;
  #low = 0x9747b28c;
  readonly #float = new Float64Array(1);
  readonly #words = new Uint32Array(this.#float.buffer);

  add(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x01000193) ^ (this.#low >>> 13);
    this.#low = Math.imul(this.#low ^ (value >>> 7) ^ this.#high, 0x5bd1e995);
  }

  addTime(ms: number): void {
    this.#float[0] = ms;
    this.add(this.#words[0] as number);
    this.add(this.#words[1] as number);
  }

  addMessage(message: ControlMessage): void {
    this.add(message.kind.length * 31 + message.kind.charCodeAt(message.kind.length - 1));
    if ('seq' in message) this.add(message.seq);
    if ('rumours' in message) this.#addRumours(message.rumours);
    if ('members' in message) this.#addRumours(message.members);
    if ('contacts' in message) this.add(message.contacts.length);
    if ('entries' in message) this.add(message.entries.length);
  }

  /** 16 hex digits. */
  get hash(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #addRumours(rumours: readonly Rumour[]): void {
    this.add(rumours.length);
    for (const { subject, state, incarnation } of rumours) {
      this.add((subject.charCodeAt(0) << 16) ^ (subject.charCodeAt(63) << 8) ^ subject.charCodeAt(31));
      this.add(incarnation * 8 + STATES[state]);
    }
  }
}
