// The shape of `/api/status`, which the page draws and the terminal's line sums up. Rates are over the last seconds.
//
// Types only, so that the page's bundle and the server share them; ledger.ts works the numbers out.

import type { AgentState } from './fleet.ts';

export interface Status {
  /** Seconds since the demo was up. */
  readonly upS: number;
  readonly origin: OriginStatus;
  readonly totals: Totals;
  readonly regions: readonly RegionStatus[];
  readonly agents: readonly AgentStatus[];
  /** Bytes between agents of one region in the last seconds, the larger flows first. */
  readonly flows: readonly Flow[];
  /** Headless viewers; 0 where the page's are the only ones. */
  readonly viewers: number;
}

export interface OriginStatus {
  readonly url: string;
  readonly bytesPerS: number;
  readonly fetchesPerS: number;
}

export interface Totals {
  /** Requests that agents answered to players. */
  readonly requests: number;
  readonly requestsPerS: number;
  /** Bytes that players got: from agents, and from the origin where they fell back to it. */
  readonly viewerBytes: number;
  readonly viewerBytesPerS: number;
  /** Bytes that agents got from other agents. */
  readonly peerBytes: number;
  readonly peerBytesPerS: number;
  /** Requests that reached the origin for media, initialization sections included. */
  readonly originFetches: number;
  /** Requests that reached the origin for playlists. */
  readonly originPlaylists: number;
  readonly originBytes: number;
  /** 1 - origin bytes / viewer bytes, at least 0; undefined before anyone watched. */
  readonly offload: number | undefined;
}

export interface RegionStatus {
  readonly id: string;
  readonly label: string;
  readonly viewerBytesPerS: number;
}

export interface AgentStatus {
  readonly index: number;
  readonly name: string;
  readonly city: string;
  readonly place: string;
  readonly region: string;
  readonly state: AgentState;
  /** Base URL for players; undefined before it first ran. */
  readonly url: string | undefined;
  /** Members of its leaf ring as it sees them, itself included; undefined while it does not answer. */
  readonly ringMembers: number | undefined;
  /** Its leaf ring, as last heard. */
  readonly ring: string | undefined;
  /** Rings above each other from its leaf ring up to the world; undefined while it does not answer. */
  readonly ringLevels: number | undefined;
  readonly requests: number;
  readonly viewerBytes: number;
  readonly peerReceivedBytes: number;
  readonly peerSentBytes: number;
  readonly originFetches: number;
  readonly originBytes: number;
  readonly viewerBytesPerS: number;
  readonly peerReceivedPerS: number;
  readonly peerSentPerS: number;
  readonly originBytesPerS: number;
  readonly storeBytes: number;
}

export interface Flow {
  /** Indices of agents: bytes go from one to the other. */
  readonly from: number;
  readonly to: number;
  readonly bytesPerS: number;
}
