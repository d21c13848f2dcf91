// What a link told an agent and a sink, in order, and promises that resolve when enough of it has come.
import type { Cancel, FillSink, LinkEvents, PeerReply, ResponseHead } from '../../agent/edge/ports.ts';
import type { Descriptor } from '../../agent/wire/descriptor.ts';
import type { AgentId } from '../../agent/wire/ids.ts';
import type { ControlMessage, Fetch, RingRoster } from '../../agent/wire/message.ts';

/** Resolves promises when a condition comes true, looking again at every event: no clock. */
class Watch {
  readonly #waiting: Set<() => void> = new Set();

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  protected happened(): void {
    for (const look of [...this.#waiting]) look();
  }
}

export interface Served {
  readonly from: AgentId;
  readonly fetch: Fetch;
  readonly reply: PeerReply;
  cancelled: boolean;
}

export class RecordingEvents extends Watch implements LinkEvents {
  readonly messages: { readonly from: AgentId; readonly message: ControlMessage }[] = [];
  readonly brokenPeers: AgentId[] = [];
  readonly served: Served[] = [];
  /** Answers a fetch at once; without it the test does. */
  onServe: (served: Served) => void = () => undefined;

  message(from: AgentId, message: ControlMessage): void {
    this.messages.push({ from, message });
    this.happened();
  }

  broken(peer: AgentId): void {
    this.brokenPeers.push(peer);
    this.happened();
  }

  readonly serve = (from: AgentId, fetch: Fetch, reply: PeerReply): Cancel => {
    const served: Served = { from, fetch, reply, cancelled: false };
    this.served.push(served);
    this.onServe(served);
    this.happened();
    return () => {
      served.cancelled = true;
      this.happened();
    };
  };
}

export class RecordingSink extends Watch implements FillSink {
  /** Calls in order; runs of bytes as one. */
  readonly calls: string[] = [];
  readonly chunks: Uint8Array[] = [];
  readonly descriptors: Descriptor[] = [];
  received = 0;
  responseHead: ResponseHead | undefined = undefined;
  failure: string | undefined = undefined;
  rosters: readonly RingRoster[] = [];

  get over(): boolean {
    return this.calls.at(-1) === 'end' || this.failure !== undefined;
  }

  body(): Buffer {
    return Buffer.concat(this.chunks);
  }

  filling(): void {
    this.#record('filling');
  }

  head(head: ResponseHead): void {
    this.responseHead = head;
    this.#record('head');
  }

  bytes(chunk: Uint8Array): void {
    this.chunks.push(Uint8Array.from(chunk));
    this.received += chunk.length;
    if (this.calls.at(-1) === 'bytes') this.happened();
    else this.#record('bytes');
  }

  descriptor(descriptor: Descriptor): void {
    this.descriptors.push(descriptor);
    this.#record('descriptor');
  }

  end(): void {
    this.#record('end');
  }

  fail(reason: string, _detail: string): void {
    this.failure = reason;
    this.#record(`fail ${reason}`);
  }

  redirected(rosters: readonly RingRoster[]): void {
    this.rosters = rosters;
    this.failure = 'redirected';
    this.#record('redirected');
  }

  #record(call: string): void {
    this.calls.push(call);
    this.happened();
  }
}
