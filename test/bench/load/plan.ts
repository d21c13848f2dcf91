// What the load generator is told to do, and what it says afterwards.
//
// A viewer is one connection that asks for one object after the other, each at its time. Every object is a synthetic
// one of the origin stub, so the generator knows the bytes that must come and compares them; nothing else tells it
// whether an answer is right.

export interface Plan {
  readonly viewers: readonly ViewerPlan[];
  /** The viewers ask for theirs round and round until so long has passed, as fast as answers come. Undefined: once. */
  readonly loopMs?: number;
  /** An ask that is not answered in full by then has failed. */
  readonly askMsMax: number;
  /** Of each viewer's answers every n-th is compared byte by byte; the length of each is. */
  readonly compareEvery: number;
}

export interface ViewerPlan {
  /** Ports on 127.0.0.1: the first is asked; when it breaks off, the next, for the bytes that are missing. */
  readonly ports: readonly number[];
  readonly asks: readonly Ask[];
}

export interface Ask {
  /** After the start of the run; an ask that is due while another is open follows it at once. */
  readonly atMs: number;
  /** `/synthetic/SIZE/NAME` */
  readonly path: string;
  /** Only the last byte of it is asked for, which comes when the whole object is there. */
  readonly lastByte?: true;
}

export interface LoadResult {
  /** From the first ask to the last answer. */
  readonly wallMs: number;
  /** CPU seconds of the generator in that time: near the wall clock, the generator is the limit and not the server. */
  readonly cpuS: number;
  /** Asks answered in full and, where compared, with the right bytes. */
  readonly answers: number;
  /** Body bytes received. */
  readonly bytes: number;
  /** Per answer: from the ask (before connecting, where it connects) to the first byte of the body, and to the last. */
  readonly ttfbMs: readonly number[];
  readonly totalMs: readonly number[];
  /** Asks that no port answered in full. */
  readonly failed: number;
  readonly wrong: number;
  /** Asks that went to another port after one broke off. */
  readonly resumed: number;
  /** What went wrong, the first few times. */
  readonly problems: readonly string[];
}
