// The assay of one fill: hashes its bytes while they arrive, and says how far they are known to be right.
//
// Bytes of the origin are right by themselves, and whoever fetches all of them there signs their digests: a descriptor.
// Bytes of a peer are right when they match a signed descriptor. If it comes first, each block is compared before
// anybody sees it, so a bad one goes no further and names its sender. If it comes last, because the peer is still
// receiving itself, the bytes are shown as they come (cut-through) and are provisional until then: not stored, not said
// to be whole, and the last byte that a viewer waits for is kept back (pump.ts).
//
//     origin       | seen = right ............... | written
//     peer, first  | seen = right ...... | block  |            a block is shown when it is compared
//     peer, last   | right: none         | seen = written |    all of it is compared at the end
//
// Every byte is hashed once, in the slab, right after it was copied there. A receiver leaves SHA-256 alone, which costs
// five times as much as BLAKE3, unless it cannot compute what the signer did.

import type { FetchFailure, Segment } from '../core/ports.ts';
import { type BlockHash, blockBytesFor, type Descriptor } from '../wire/descriptor.ts';
import { DIGEST_BYTES } from '../wire/limits.ts';
import { type Signing, sealed } from './descriptor-of.ts';
import type { Fill } from './fill.ts';
import { digestField, digestMatches } from './policy/digest-field.ts';
import { strongTagOf } from './policy/entity-tag.ts';
import type { ResponseHead, WholeDigest } from './ports.ts';

/** What is wrong with a fill's bytes, and whose fault it is. */
export interface Flaw {
  /** `corrupt` only where the present source is to blame. */
  readonly reason: FetchFailure;
  readonly what: 'block' | 'descriptor' | 'origin';
  readonly detail: string;
}

export interface AssayWorld extends Signing {
  readonly objectBytesMax: number;
}

export class Assay {
  readonly #fill: Fill;
  readonly #segment: Segment;
  readonly #world: AssayWorld;
  /** Objects that agents never ask each other for are not hashed. */
  readonly #needed: boolean;
  #source: 'peer' | 'origin' = 'origin';
  /** Where the present source's bytes begin. */
  #from = 0;
  #head: ResponseHead | undefined = undefined;
  /** Every byte is the origin's. */
  #ofOrigin = true;
  /** The origin's own digest of the whole, where it sent one. */
  #said: string | undefined = undefined;
  #descriptor: Descriptor | undefined = undefined;
  #hash: BlockHash;
  #blockBytes = 0;
  /** Of the blocks that are there as a whole, in order. */
  #blocks: Uint8Array[] = [];
  #whole: WholeDigest | undefined = undefined;
  #wholeTo = 0;

  constructor(fill: Fill, segment: Segment, world: AssayWorld) {
    this.#fill = fill;
    this.#segment = segment;
    this.#world = world;
    this.#needed = segment.kind !== 'other';
    this.#hash = world.digests.blockHash;
  }

  /** Readers may have seen bytes that turn out to be wrong. */
  get provisional(): boolean {
    return this.#fill.verified < this.#fill.received;
  }

  /** A source's head is accepted. @param again it sends all bytes, and those that are there are compared with its own */
  begins(source: 'peer' | 'origin', head: ResponseHead, again: boolean): void {
    const from = this.#fill.received;
    this.#source = source;
    this.#from = from;
    this.#ofOrigin = source === 'origin' && (from === 0 || again || this.#ofOrigin);
    if (from > 0) return;
    this.#head = head;
    this.#blocks = [];
    this.#whole = undefined;
    this.#wholeTo = 0;
    const size = head.size < 0 ? this.#world.objectBytesMax : head.size;
    this.#blockBytes = this.#descriptor?.blockBytes ?? blockBytesFor(size);
    const said = source === 'origin' && head.status === 200 ? digestField(head.headers) : undefined;
    this.#said = this.#needed ? said : undefined;
  }

  /** Everything begins anew. */
  restart(): void {
    this.#descriptor = undefined;
    this.#head = undefined;
    this.#hash = this.#world.digests.blockHash;
  }

  /** The fill has more bytes: shows readers what they may see of them. */
  written(): Flaw | undefined {
    const fill = this.#fill;
    if (this.#needed) this.#hashOn();
    if (this.#descriptor !== undefined && this.#comparable) {
      const bad = this.#compare(fill.verified);
      if (bad === undefined) this.#show(this.#blocksTo, this.#blocksTo);
      return bad;
    }
    const right = this.#ofOrigin && this.#said === undefined;
    fill.show(fill.written, right ? fill.written : fill.verified);
    return undefined;
  }

  /** A peer says what the bytes are held to. */
  adopt(descriptor: Descriptor): Flaw | undefined {
    const unfit = this.#unfit(descriptor);
    if (unfit !== undefined) return flaw('corrupt', 'descriptor', unfit);
    const known = this.#descriptor;
    if (known !== undefined) {
      if (same(known.sha256, descriptor.sha256) && known.size === descriptor.size) return undefined;
      return flaw('declined', 'descriptor', 'it is signed for other bytes than those that came before');
    }
    this.#descriptor = descriptor;
    this.#hashAs(descriptor);
    const bad = this.#comparable ? this.#compare(0) : undefined;
    if (bad === undefined) this.#show(this.#fill.received, this.#comparable ? this.#blocksTo : 0);
    return bad;
  }

  /** Passes the descriptor on, unless some of what others have seen already may not match it: they would blame us. */
  #show(to: number, verified: number): void {
    const fill = this.#fill;
    if (Math.max(fill.verified, verified) >= Math.max(fill.received, to)) fill.descriptor = this.#descriptor;
    fill.show(to, verified);
  }

  /** The source says that all bytes are there. Where they are right, the fill has a descriptor that says so. */
  finish(): Flaw | undefined {
    if (!this.#needed || this.#head?.status === 304) return undefined;
    const descriptor = this.#descriptor;
    if (descriptor !== undefined) return this.#finishHeld(descriptor);
    if (this.#ofOrigin) return this.#finishOwn();
    return flaw('corrupt', 'descriptor', 'the peer sent no descriptor of its bytes');
  }

  /** All is compared but the last block, which may be short. */
  #finishHeld(descriptor: Descriptor): Flaw | undefined {
    const bad = this.#flawAtEnd(descriptor);
    if (bad === undefined) this.#fill.descriptor = descriptor;
    return bad;
  }

  #flawAtEnd({ size, sha256 }: Descriptor): Flaw | undefined {
    const { written } = this.#fill;
    if (written !== size) return this.#blamed(0, `${written} bytes came, signed were ${size}`);
    if (!this.#comparable) {
      this.#hashWhole();
      const whole = (this.#whole ?? this.#world.digests.whole()).digest();
      return same(whole, sha256) ? undefined : this.#blamed(0, 'the whole differs from what is signed');
    }
    if (this.#blocksTo < size) this.#pushBlock(size);
    return this.#compare(this.#fill.verified);
  }

  #finishOwn(): Flaw | undefined {
    const { written } = this.#fill;
    const head = this.#head;
    // Too short: the fill will not end.
    if (head === undefined || (head.size >= 0 && head.size !== written)) return undefined;
    this.#hashWhole();
    const sha256 = (this.#whole ?? this.#world.digests.whole()).digest();
    if (this.#said !== undefined && !digestMatches(this.#said, sha256)) {
      return flaw('origin-broken', 'origin', 'the body is not what the origin’s own digest says');
    }
    if (this.#blocksTo < written) this.#pushBlock(written);
    const about = { name: this.#segment.name, status: head.status, headers: head.headers };
    const digested = { size: written, sha256, blockHash: this.#hash, blockBytes: this.#blockBytes };
    this.#fill.descriptor = sealed(this.#world, about, { ...digested, blocks: this.#blocks });
    return undefined;
  }

  /** @returns why the descriptor cannot be about this transfer */
  #unfit(descriptor: Descriptor): string | undefined {
    const head = this.#head;
    const { name, status, size, tag, sha256 } = descriptor;
    if (name !== this.#segment.name) return 'the descriptor is of another object';
    if (head === undefined || head.status !== status) return `the descriptor is of a response ${status}`;
    if (head.size >= 0 && head.size !== size) return `announced were ${head.size} bytes, signed ${size}`;
    const told = strongTagOf(head.headers);
    if (tag !== '' && told !== '' && tag !== told) return 'the descriptor is of another version';
    const shown = status === 200 ? digestField(head.headers) : undefined;
    if (shown !== undefined && !digestMatches(shown, sha256)) return 'its Repr-Digest is not what is signed';
    return this.#world.digests.verify(descriptor)
      ? undefined
      : 'nobody of this cluster signed the descriptor';
  }

  /** Can this agent compute what the descriptor lists? Else it waits for the whole. */
  get #comparable(): boolean {
    return this.#world.digests.computes(this.#hash);
  }

  get #blocksTo(): number {
    return Math.min(this.#blocks.length * this.#blockBytes, this.#fill.written);
  }

  /** Goes over to the blocks of a descriptor, if they are others than those that were expected. */
  #hashAs({ blockHash, blockBytes }: Descriptor): void {
    if (blockHash === this.#hash && blockBytes === this.#blockBytes) return;
    this.#hash = blockHash;
    this.#blockBytes = blockBytes;
    this.#blocks = [];
    this.#hashOn();
  }

  #hashOn(): void {
    const { written } = this.#fill;
    if (this.#ofOrigin && this.#descriptor === undefined) this.#hashWhole();
    if (!this.#comparable) return;
    while ((this.#blocks.length + 1) * this.#blockBytes <= written) {
      this.#pushBlock((this.#blocks.length + 1) * this.#blockBytes);
    }
  }

  #pushBlock(to: number): void {
    const bytes = this.#fill.peek(this.#blocks.length * this.#blockBytes, to);
    this.#blocks.push(this.#world.digests.block(this.#hash, bytes));
  }

  #hashWhole(): void {
    this.#whole ??= this.#world.digests.whole();
    const { written } = this.#fill;
    if (written > this.#wholeTo) this.#whole.update(this.#fill.peek(this.#wholeTo, written));
    this.#wholeTo = written;
  }

  /** Compares the blocks that are there from byte `from` on. */
  #compare(from: number): Flaw | undefined {
    const listed = this.#descriptor?.blocks ?? EMPTY;
    for (let at = Math.floor(from / this.#blockBytes); at < this.#blocks.length; at += 1) {
      const signedFor = listed.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES);
      if (same(this.#blocks[at] ?? EMPTY, signedFor)) continue;
      // A source that took over may send the block again.
      this.#blocks.length = at;
      return this.#blamed(at * this.#blockBytes, `block ${at} differs from what is signed`);
    }
    return undefined;
  }

  /** @param at first byte that is wrong: of an earlier source, if it is before the present one's */
  #blamed(at: number, detail: string): Flaw {
    if (this.#source === 'origin') return flaw('origin-broken', 'block', detail);
    return flaw(at >= this.#from ? 'corrupt' : 'declined', 'block', detail);
  }
}

function flaw(reason: FetchFailure, what: Flaw['what'], detail: string): Flaw {
  return { reason, what, detail };
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}

const EMPTY = new Uint8Array(0);
