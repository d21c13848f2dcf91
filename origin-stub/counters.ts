// How often each path was asked for, and the bytes that were sent for it: what tests and benchmarks hold against the
// origin's word "about once per region". Counts every request, refused and faulted ones too; queries are left out of the
// path. Bytes are body bytes handed to the socket: what a client that hung up did not read still counts.

/** Paths that get a row of their own, and how long such a path may be. */
export const pathsMax = 100_000;
export const pathLengthMax = 512;

export const kinds = ['segment', 'part', 'init', 'playlist', 'key', 'synthetic', 'other'] as const;
export type Kind = (typeof kinds)[number];

export interface Tally {
  requests: number;
  bytes: number;
}

export interface PathTally extends Tally {
  /** The most requests for this path that were open at one moment. */
  concurrentMax: number;
}

export interface CounterReport {
  readonly total: Tally;
  readonly kinds: Record<Kind, Tally>;
  /** Answers by status code; 0 is a connection that was cut instead of answered. */
  readonly statuses: Record<string, number>;
  /** Requests that a fault rule hit. */
  readonly faulted: number;
  /** Open requests over all paths: now, and the most at one moment. */
  readonly concurrent: number;
  readonly concurrentMax: number;
  /** Paths beyond pathsMax, or too long, are counted in the totals only: so many requests were for such a path. */
  readonly requestsWithoutPath: number;
  readonly paths: Record<string, PathTally>;
}

/** One request as it is being counted. */
export interface Counting {
  bytes(count: number): void;
  faulted(): void;
  /** Once, when the answer is complete or was given up. */
  done(status: number): void;
}

export class Counters {
  #total: Tally = { requests: 0, bytes: 0 };
  #kinds: Record<Kind, Tally> = freshKinds();
  #statuses: Record<string, number> = {};
  #paths = new Map<string, { tally: PathTally; open: number }>();
  #faulted = 0;
  #withoutPath = 0;
  #open = 0;
  #openMax = 0;

  begin(path: string): Counting {
    const entry = this.#entry(path);
    const sums: Tally[] = [this.#total, this.#kinds[kindOf(path)]];
    if (entry !== undefined) {
      sums.push(entry.tally);
      entry.open += 1;
      entry.tally.concurrentMax = Math.max(entry.tally.concurrentMax, entry.open);
    }
    for (const sum of sums) sum.requests += 1;
    this.#open += 1;
    this.#openMax = Math.max(this.#openMax, this.#open);
    return {
      bytes: (count) => {
        for (const sum of sums) sum.bytes += count;
      },
      faulted: () => {
        this.#faulted += 1;
      },
      done: (status) => {
        this.#open -= 1;
        if (entry !== undefined) entry.open -= 1;
        this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
      },
    };
  }

  report(): CounterReport {
    return structuredClone({
      total: this.#total,
      kinds: this.#kinds,
      statuses: this.#statuses,
      faulted: this.#faulted,
      concurrent: this.#open,
      concurrentMax: this.#openMax,
      requestsWithoutPath: this.#withoutPath,
      paths: Object.fromEntries([...this.#paths].map(([path, entry]) => [path, entry.tally])),
    });
  }

  /** Starts from zero. Requests that are open stay open; what they still send goes to the old sums. */
  reset(): void {
    this.#total = { requests: 0, bytes: 0 };
    this.#kinds = freshKinds();
    this.#statuses = {};
    this.#paths = new Map();
    this.#faulted = 0;
    this.#withoutPath = 0;
    this.#openMax = this.#open;
  }

  #entry(path: string): { tally: PathTally; open: number } | undefined {
    const known = this.#paths.get(path);
    if (known !== undefined) return known;
    if (this.#paths.size >= pathsMax || path.length > pathLengthMax) {
      this.#withoutPath += 1;
      return undefined;
    }
    const fresh = { tally: { requests: 0, bytes: 0, concurrentMax: 0 }, open: 0 };
    this.#paths.set(path, fresh);
    return fresh;
  }
}

/** The kind of object that a path names, whether it exists or not. */
export function kindOf(path: string): Kind {
  if (path.endsWith('.m3u8')) return 'playlist';
  if (path.startsWith('/synthetic')) return 'synthetic';
  if (path.endsWith('/init.mp4')) return 'init';
  if (path.endsWith('/key.bin')) return 'key';
  if (/\/seg-\d+\.\d\.m4s$/.test(path)) return 'part';
  if (/\/seg-\d+\.(?:m4s|ts)$/.test(path)) return 'segment';
  return 'other';
}

function freshKinds(): Record<Kind, Tally> {
  const entries = kinds.map((kind) => [kind, { requests: 0, bytes: 0 }] as const);
  return Object.fromEntries(entries) as Record<Kind, Tally>;
}
