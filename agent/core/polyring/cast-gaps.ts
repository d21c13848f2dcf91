// Casts that should have come and have not: whom to ask for them, and when.
//
// A gap shows in an origin's numbers, or in what a neighbour says it has. It is asked for after a short wait, first
// from whoever showed it, then from members of the leaf ring in turn.

import type { AgentId } from '../../wire/ids.ts';
import type { CastId } from '../../wire/message.ts';
import type { CastTuning } from './cast-tuning.ts';

interface Gap {
  readonly id: CastId;
  readonly shownBy: AgentId;
  asked: number;
  dueMs: number;
}

/** One question that is due. */
export interface Question {
  readonly id: CastId;
  readonly shownBy: AgentId;
  /** 0 for the first time it is asked. */
  readonly turn: number;
}

export class CastGaps {
  readonly #tuning: CastTuning;
  #gaps: Gap[] = [];

  constructor(tuning: CastTuning) {
    this.#tuning = tuning;
  }

  get nextMs(): number {
    return this.#gaps.reduce((next, { dueMs }) => Math.min(next, dueMs), Number.POSITIVE_INFINITY);
  }

  get count(): number {
    return this.#gaps.length;
  }

  /** @param dueMs until when it may still come by itself */
  add(id: CastId, shownBy: AgentId, dueMs: number): void {
    if (this.#gaps.length >= this.#tuning.gapsMax || this.#gaps.some((gap) => same(gap.id, id))) return;
    const { origin, incarnation, seq } = id;
    this.#gaps.push({ id: { origin, incarnation, seq }, shownBy, asked: 0, dueMs });
  }

  /** @returns whether it was being asked for */
  came(id: CastId): boolean {
    if (this.#gaps.length === 0) return false;
    const asked = this.#gaps.some((gap) => gap.asked > 0 && same(gap.id, id));
    this.#gaps = this.#gaps.filter((gap) => !same(gap.id, id));
    return asked;
  }

  /** @returns what to ask for now; a gap that was asked for often enough is given up */
  due(nowMs: number): Question[] {
    const questions: Question[] = [];
    for (const gap of this.#gaps) {
      if (gap.dueMs > nowMs || gap.asked >= this.#tuning.pullsPerGap) continue;
      questions.push({ id: gap.id, shownBy: gap.shownBy, turn: gap.asked });
      gap.asked += 1;
      gap.dueMs = nowMs + this.#tuning.gapWaitMs;
    }
    this.#gaps = this.#gaps.filter(({ asked, dueMs }) => asked < this.#tuning.pullsPerGap || dueMs > nowMs);
    return questions;
  }
}

function same(a: CastId, b: CastId): boolean {
  return a.seq === b.seq && a.origin === b.origin && a.incarnation === b.incarnation;
}
