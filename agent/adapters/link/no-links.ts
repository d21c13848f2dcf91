// The link port of an agent that stands alone: there is nobody to speak to.

import type { Cancel, FillSink, LinkPort, PeerRequest } from '../../edge/ports.ts';
import { failLater } from './requests.ts';

export class NoLinks implements LinkPort {
  readonly address: undefined = undefined;

  count(): number {
    return 0;
  }

  send(): void {}

  /** The core has no peer to name, so this is not called; it fails like a peer that is gone. */
  fetch(_request: PeerRequest, sink: FillSink): Cancel {
    return failLater(sink, 'unreachable', 'this agent has no links');
  }

  close(done: () => void): void {
    setImmediate(done);
  }
}
