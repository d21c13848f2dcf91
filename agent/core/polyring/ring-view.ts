// What the rest of the core sees of the own ring. Live: it changes between events, never within one.

import type { AgentId, RingId } from '../../wire/ids.ts';
import type { MemberState } from '../../wire/message.ts';
import type { AgentRecord } from '../../wire/record.ts';

export interface RingView {
  readonly ring: RingId;
  /** Changes whenever `members` does. */
  readonly version: number;
  /** Alive and suspect, this agent included, ascending by id. Not to be changed; replaced on every change. */
  readonly members: readonly AgentRecord[];
  /** @returns how busy the member last said it was, 0-255; 0 for the unknown */
  loadOf(id: AgentId): number;
  /** @returns smoothed round trip in milliseconds, undefined where none was measured */
  rttMs(id: AgentId): number | undefined;
  state(id: AgentId): MemberState | undefined;
}
