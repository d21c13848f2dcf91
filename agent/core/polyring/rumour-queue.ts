// News waiting to ride on the next messages, the least-sent first.
//
// One entry a subject: newer news of the same agent replaces older, so the queue is never longer than the ring and
// its tombstones. In a quiet ring it is empty and costs nothing.

import type { AgentId } from '../../wire/ids.ts';
import type { Rumour } from '../../wire/message.ts';

/** More subjects than this and the most-sent rumour goes: anti-entropy carries what is lost. */
const QUEUE_MAX = 256;

interface Entry {
  readonly rumour: Rumour;
  sends: number;
}

const NONE: readonly Rumour[] = [];

export class RumourQueue {
  /** Ascending by sends; among equals the newest first. */
  readonly #entries: Entry[] = [];

  get length(): number {
    return this.#entries.length;
  }

  /** Takes the place of whatever was queued about the same subject. */
  put(rumour: Rumour): void {
    this.drop(rumour.subject);
    this.#entries.unshift({ rumour, sends: 0 });
    if (this.#entries.length > QUEUE_MAX) this.#entries.pop();
  }

  drop(subject: AgentId): void {
    const at = this.#entries.findIndex((entry) => entry.rumour.subject === subject);
    if (at >= 0) this.#entries.splice(at, 1);
  }

  clear(): void {
    this.#entries.length = 0;
  }

  /** @param first goes out ahead of the queue and is not counted as sent
   *  @param sendsMax a rumour that was taken this often is over
   *  @returns up to `max` rumours to send now; owned by the message that carries them */
  take(max: number, sendsMax: number, first?: Rumour): readonly Rumour[] {
    const entries = this.#entries;
    if (entries.length === 0) return first === undefined ? NONE : [first];
    const taken: Rumour[] = first === undefined ? [] : [first];
    const picked: Entry[] = [];
    let kept = 0;
    for (const entry of entries) {
      const wanted = taken.length < max && entry.rumour.subject !== first?.subject;
      if (wanted) {
        taken.push(entry.rumour);
        entry.sends += 1;
        if (entry.sends < sendsMax) picked.push(entry);
      } else {
        entries[kept] = entry;
        kept += 1;
      }
    }
    entries.length = kept;
    for (const entry of picked) this.#insert(entry);
    return taken;
  }

  #insert(entry: Entry): void {
    let at = 0;
    while (at < this.#entries.length && (this.#entries[at] as Entry).sends < entry.sends) at += 1;
    this.#entries.splice(at, 0, entry);
  }
}
