// Whom to probe next: everyone once a round, in an order that is shuffled for each round.
//
// That bounds the time until a dead member is probed by one given agent to two rounds, where random picks would
// leave a tail (SWIM, section 4.3). Newcomers enter at a random place; those who are gone are skipped in passing.

import type { Random } from '../ports.ts';
import { below, shuffle } from '../prng.ts';
import type { Member } from './member.ts';

export class ProbeRound {
  readonly #random: Random;
  readonly #order: Member[] = [];
  #next = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  add(member: Member): void {
    if (this.#order.includes(member)) return;
    const at = below(this.#random, this.#order.length + 1);
    this.#order.push(member);
    const end = this.#order.length - 1;
    this.#order[end] = this.#order[at] as Member;
    this.#order[at] = member;
    // What stood at `at` went to the end: a member already probed in this round would be probed twice, no more.
  }

  clear(): void {
    this.#order.length = 0;
    this.#next = 0;
  }

  /** @param wanted whether the member is to be probed now
   *  @param kept whether it stays in the round at all
   *  @returns the next one wanted, or undefined where a full round holds none */
  next(wanted: (member: Member) => boolean, kept: (member: Member) => boolean): Member | undefined {
    for (let tries = this.#order.length; tries > 0; tries -= 1) {
      if (this.#next >= this.#order.length) {
        this.#next = 0;
        shuffle(this.#order, this.#random);
      }
      const member = this.#order[this.#next] as Member;
      if (!kept(member)) {
        this.#order[this.#next] = this.#order[this.#order.length - 1] as Member;
        this.#order.pop();
        continue;
      }
      this.#next += 1;
      if (wanted(member)) return member;
    }
    return undefined;
  }

  /** @returns up to `count` different members of those wanted, at random */
  sample(count: number, wanted: (member: Member) => boolean): Member[] {
    const picked: Member[] = [];
    const order = this.#order;
    const start = below(this.#random, order.length || 1);
    // A stride that is coprime with the length visits everyone once without copying the list.
    const stride = strideFor(order.length, 1 + below(this.#random, order.length || 1));
    for (let i = 0, at = start; i < order.length && picked.length < count; i += 1) {
      const member = order[at] as Member;
      if (wanted(member)) picked.push(member);
      at = (at + stride) % order.length;
    }
    return picked;
  }
}

function strideFor(length: number, from: number): number {
  let stride = from;
  while (greatestCommonDivisor(stride, length) !== 1) stride += 1;
  return stride;
}

function greatestCommonDivisor(a: number, b: number): number {
  let [high, low] = [a, b];
  while (low !== 0) [high, low] = [low, high % low];
  return high;
}
