// A few agents of every other region, and of other rings of the own one: the way to whoever is not in the table.
//
// Whom this agent heard itself counts more than whom it was told of; who does not answer is dropped, and remembered
// as dropped for a while, so that others who still name it do not bring it back. Agents of the own
// region are named only by those whom they asked, and so are taken up again at once. Seats of the world ring take this place once
// rings of rings stand.

import { type AgentId, type RingId, topLabel } from '../../wire/ids.ts';
import { type AgentRecord, compareAge } from '../../wire/record.ts';
import type { Tuning } from './tuning.ts';

interface Known {
  record: AgentRecord;
  /** When it last spoke to us; -1: never. */
  heardMs: number;
  /** When we last asked it something; -1: never. */
  askedMs: number;
  /** Questions without an answer since. */
  unanswered: number;
}

/** Dropped contacts that are remembered. */
const DROPPED_MAX = 256;

export class RegionContacts {
  readonly #tuning: Tuning;
  readonly #byLabel: Map<string, Known[]> = new Map();
  readonly #dropped: Map<AgentId, { readonly record: AgentRecord; readonly untilMs: number }> = new Map();
  readonly #ownLabel: string;
  #elsewhere: readonly AgentRecord[] | undefined;

  constructor(tuning: Tuning, ownLabel: string) {
    this.#tuning = tuning;
    this.#ownLabel = ownLabel;
  }

  /** Every contact of another region. One array until something changes. */
  get elsewhere(): readonly AgentRecord[] {
    this.#elsewhere ??= [...this.#byLabel]
      .filter(([label]) => label !== this.#ownLabel)
      .flatMap(([, list]) => list.map((known) => known.record));
    return this.#elsewhere;
  }

  /** Contacts of other regions that spoke to us: only these are passed on, or the dead would be named for ever by
   *  agents that have them from each other. */
  witnessed(): AgentRecord[] {
    const records: AgentRecord[] = [];
    for (const [label, list] of this.#byLabel) {
      if (label === this.#ownLabel) continue;
      for (const known of list) if (known.heardMs >= 0) records.push(known.record);
    }
    return records;
  }

  get(id: AgentId): AgentRecord | undefined {
    return this.#find(id)?.record;
  }

  /** @returns one agent of each other region that is not among these, the one heard last */
  unlike(labels: readonly string[]): AgentRecord[] {
    const known = [...this.#byLabel.keys()].filter(
      (label) => label !== this.#ownLabel && !labels.includes(label),
    );
    return known.map((label) => this.of(label)[0]).filter((record) => record !== undefined);
  }

  knows(label: string): boolean {
    return this.#byLabel.has(label);
  }

  /** Contacts of one region that others can dial, first those heard last. */
  of(label: string): AgentRecord[] {
    const known = this.#byLabel.get(label) ?? [];
    const dialable = known.filter((each) => each.record.link !== '');
    return dialable.sort((a, b) => b.heardMs - a.heardMs).map((each) => each.record);
  }

  /** @param direct whether the agent itself spoke just now; else somebody named it
   *  @returns whether the contact, or its ring, is new */
  learn(record: AgentRecord, direct: boolean, nowMs: number): boolean {
    const heardMs = direct ? nowMs : -1;
    const label = topLabel(record.region);
    // Nobody can dial an outbound agent. Its ring is asked about folding over the link on which it spoke; else it
    // is no way to anywhere.
    if (record.link === '' && (!direct || label !== this.#ownLabel)) return false;
    const list = this.#byLabel.get(label) ?? [];
    const known = list.find((each) => each.record.id === record.id);
    if (known !== undefined) return this.#renew(known, record, heardMs);
    if (!direct && label !== this.#ownLabel && this.#isDropped(record, nowMs)) return false;
    if (list.length >= this.#tuning.contactsPerRegion && !evictStaler(list, heardMs)) return false;
    if (list.length === 0) {
      if (this.#byLabel.size >= this.#tuning.regions) return false;
      this.#byLabel.set(label, list);
    }
    this.#dropped.delete(record.id);
    list.push({ record, heardMs, askedMs: -1, unanswered: 0 });
    this.#elsewhere = undefined;
    return true;
  }

  /** The agent became a member of the own ring, or is no way to anywhere any more. */
  forget(id: AgentId): void {
    for (const [label, list] of this.#byLabel) {
      const at = list.findIndex((each) => each.record.id === id);
      if (at < 0) continue;
      list.splice(at, 1);
      if (list.length === 0) this.#byLabel.delete(label);
      this.#elsewhere = undefined;
      return;
    }
  }

  heard(id: AgentId, nowMs: number): void {
    const known = this.#find(id);
    if (known === undefined) return;
    known.heardMs = nowMs;
    known.unanswered = 0;
  }

  /** Notes a question; one too many without an answer drops the contact.
   *  @returns whether the contact is still worth asking */
  ask(id: AgentId, nowMs: number): boolean {
    const known = this.#find(id);
    if (known === undefined) return true;
    if (known.unanswered >= this.#tuning.contactFailures) {
      this.#drop(known.record, nowMs);
      return false;
    }
    known.askedMs = nowMs;
    known.unanswered += 1;
    return true;
  }

  /** @returns the contact of another region that was asked longest ago */
  longestUnasked(): AgentRecord | undefined {
    let longest: Known | undefined;
    for (const [label, list] of this.#byLabel) {
      if (label === this.#ownLabel) continue;
      for (const known of list) if (longest === undefined || known.askedMs < longest.askedMs) longest = known;
    }
    return longest?.record;
  }

  /** @returns agents of other rings of the own region that were not asked since `sinceMs`, never asked ones first */
  siblings(ownRing: RingId, sinceMs: number): AgentRecord[] {
    const known = this.#byLabel.get(this.#ownLabel) ?? [];
    return known
      .filter((each) => each.record.ring !== ownRing && each.askedMs < sinceMs)
      .sort((a, b) => a.askedMs - b.askedMs)
      .map((each) => each.record);
  }

  /** Whether another ring of the own region is known. */
  hasSiblings(ownRing: RingId): boolean {
    return (this.#byLabel.get(this.#ownLabel) ?? []).some((each) => each.record.ring !== ownRing);
  }

  #renew(known: Known, record: AgentRecord, heardMs: number): boolean {
    if (heardMs > known.heardMs) {
      known.heardMs = heardMs;
      known.unanswered = 0;
    }
    if (compareAge(record, known.record) <= 0) return false;
    const moved = record.ring !== known.record.ring;
    known.record = record;
    if (moved) known.askedMs = -1;
    this.#elsewhere = undefined;
    return moved;
  }

  #find(id: AgentId): Known | undefined {
    for (const list of this.#byLabel.values()) {
      for (const known of list) if (known.record.id === id) return known;
    }
    return undefined;
  }

  #isDropped(record: AgentRecord, nowMs: number): boolean {
    const dropped = this.#dropped.get(record.id);
    return dropped !== undefined && nowMs < dropped.untilMs && compareAge(record, dropped.record) <= 0;
  }

  #drop(record: AgentRecord, nowMs: number): void {
    this.forget(record.id);
    this.#dropped.set(record.id, { record, untilMs: nowMs + this.#tuning.contactRestMs });
    if (this.#dropped.size <= DROPPED_MAX) return;
    for (const oldest of this.#dropped.keys()) {
      this.#dropped.delete(oldest);
      return;
    }
  }
}

/** Makes room by the contact heard longest ago. @returns whether there was one staler than `heardMs` */
function evictStaler(list: Known[], heardMs: number): boolean {
  let stalest = 0;
  for (let at = 1; at < list.length; at += 1) {
    if ((list[at] as Known).heardMs < (list[stalest] as Known).heardMs) stalest = at;
  }
  if ((list[stalest] as Known).heardMs >= heardMs) return false;
  list.splice(stalest, 1);
  return true;
}
