// What Pastry and Tapestry share: tables by prefix and proximity, their repair, and the broadcast over them.
//
// Repair (Rowstron, Druschel 2001, section 2.4): whoever shares the row has its own entry for the slot; up to six
// such agents are asked in turn. Upkeep: for each row, one agent of it at random is asked for its row and the nearer
// ones of both are kept (Castro, Druschel, Hu, Rowstron 2002, section 3), and one entry is probed.
// Broadcast: Castro, Jones, Kermarrec, Rowstron, Theimer, Wang, Wolman, "An evaluation of scalable application-level
// multicast built using peer-to-peer overlays", INFOCOM 2003, section 3 (Pastry, prefix flooding): every entry of row r
// is told and answers for rows from r + 1 on. With whole tables that is N - 1 messages. Silent entries are replaced
// by backups or by repair.

import { below, shuffle } from '../../../agent/core/prng.ts';
import type { Fabric } from './fabric.ts';
import { BASE, sharedDigits } from './key-space.ts';
import { fillNearest } from './nearest-entries.ts';
import { CONTACT_BYTES, HEADER_BYTES, type Spread } from './overlay.ts';
import { PrefixTable } from './prefix-table.ts';
import { Recursive, type Trip } from './recursive.ts';

const PEERS_ASKED_MAX = 6;
const NONE = -1;

export interface Slot {
  readonly row: number;
  readonly column: number;
}

export abstract class PrefixOverlay extends Recursive {
  readonly table: PrefixTable;
  readonly #width: number;
  protected readonly wanted: { row: number; column: number } = { row: 0, column: 0 };

  /** @param width entries of a slot */
  constructor(fabric: Fabric, ids: Float64Array, width: number) {
    super(fabric, ids);
    this.#width = width;
    this.table = new PrefixTable(ids, width, (a, b) => fabric.network.delayMs(a, b));
  }

  /** @returns agents for the slot that the agent knows of besides its table, and whether there can be others */
  protected abstract aside(agent: number, slot: Slot): { known: number[]; complete: boolean };

  settle(): void {
    this.open(this.directory.order);
    fillNearest(this.table, this.fabric, this.living, this.#width);
  }

  protected learn(agent: number, other: number): void {
    if (this.isMember(other) && !this.shuns(agent, other)) this.table.offer(agent, other);
  }

  protected forget(agent: number, other: number): void {
    this.table.remove(agent, other);
  }

  protected clear(agent: number): void {
    this.table.clear(agent);
  }

  protected upkeep(agent: number): void {
    for (let row = 0; row < this.table.rows(agent); row += 1) {
      const entries = this.table.entries(agent, row);
      const peer = entries[below(this.fabric.random, entries.length)];
      if (peer !== undefined) this.askForRow(agent, peer, row);
      for (let column = 0; column < BASE; column += 1) {
        if (this.table.isCut(agent, row, column)) this.repair(agent, { row, column }, undefined, () => {});
      }
    }
  }

  /** Learns what the other has in a row; the other learns of the agent. */
  protected askForRow(
    agent: number,
    other: number,
    row: number,
    then: (row: number[]) => void = () => {},
  ): void {
    this.ask({
      from: agent,
      to: other,
      known: true,
      replyBytes: HEADER_BYTES + BASE * CONTACT_BYTES,
      serve: () => {
        this.learn(other, agent);
        return this.table.entries(other, row);
      },
      answered: (entries) => {
        for (const each of [other, ...entries]) this.learn(agent, each);
        then(entries);
      },
      silent: () => then([]),
    });
  }

  protected override mend(at: number, trip: Trip, then: () => void): void {
    const { row, column } = this.wanted;
    const asked = (peer: number): void => {
      trip.messages += 2;
      if (this.fabric.network.crossesRegions(at, peer)) trip.crossRegion += 2;
    };
    this.repair(at, { row, column }, asked, then);
  }

  /** Fills a cut slot from what others of its row know, or accepts that it is empty.
   *  @param then gets whether the agent is sure to know all that there are */
  protected repair(
    agent: number,
    slot: Slot,
    asked: ((peer: number) => void) | undefined,
    then: (complete: boolean) => void,
  ): void {
    const { row, column } = slot;
    const { known, complete } = this.aside(agent, slot);
    for (const each of known) this.learn(agent, each);
    if (complete || this.table.first(agent, row, column) !== NONE) {
      if (complete) this.table.accept(agent, row, column);
      then(complete);
      return;
    }
    this.#askPeers(agent, slot, this.#peers(agent, row), asked, then);
  }

  /** @returns some of those who share `row` digits and so have the slot too, by chance: those of the row itself were
   *  chosen for being near, as the lost entry was, and are the likelier to have lost the same */
  #peers(agent: number, row: number): number[] {
    const own = this.id(agent);
    const all = this.neighbours(agent).filter((each) => sharedDigits(this.id(each), own) >= row);
    return shuffle(all, this.fabric.random).slice(0, PEERS_ASKED_MAX);
  }

  #askPeers(
    agent: number,
    slot: Slot,
    peers: readonly number[],
    asked: ((peer: number) => void) | undefined,
    then: (complete: boolean) => void,
  ): void {
    const { row, column } = slot;
    const [peer, ...others] = peers;
    if (peer === undefined || this.table.first(agent, row, column) !== NONE) {
      this.table.accept(agent, row, column);
      then(false);
      return;
    }
    asked?.(peer);
    const next = (): void => this.#askPeers(agent, slot, others, asked, then);
    this.ask({
      from: agent,
      to: peer,
      known: true,
      replyBytes: HEADER_BYTES + this.#width * CONTACT_BYTES,
      serve: () => this.table.slot(peer, row, column),
      answered: (entries) => {
        for (const each of entries) this.learn(agent, each);
        next();
      },
      silent: next,
    });
  }

  /** @param scope rows from this one on are the agent's to reach */
  protected relay(at: number, scope: number, spread: Spread): void {
    for (let row = scope; row < this.table.rows(at); row += 1) {
      for (let column = 0; column < BASE; column += 1) this.#delegate(at, { row, column }, spread);
    }
  }

  #delegate(at: number, slot: Slot, spread: Spread): void {
    const { row, column } = slot;
    const to = this.table.first(at, row, column);
    const again = (): void => this.#delegate(at, slot, spread);
    if (to !== NONE) this.hand(at, to, row + 1, spread, again);
    else if (this.table.isCut(at, row, column)) {
      this.repair(
        at,
        slot,
        (peer) => this.countRepair(at, peer, spread),
        (complete) => {
          if (this.table.first(at, row, column) !== NONE) again();
          else if (!complete) this.lastResort(at, slot, spread, again);
        },
      );
    }
  }

  /** Nobody asked knew of anyone for the slot. */
  protected lastResort(_at: number, _slot: Slot, _spread: Spread, _then: () => void): void {}
}
