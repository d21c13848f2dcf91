// An agent of the cluster whose memory is broken: it joins the ring, fetches from the origin and signs what it got, and
// then sends it with one bit turned over. It has a certificate like the others, and nothing else is wrong with it.

import { Digests } from '../../agent/adapters/digest/digests.ts';
import { loadIdentity } from '../../agent/adapters/identity/identity.ts';
import { Links } from '../../agent/adapters/link/links.ts';
import { AgentCore } from '../../agent/core/agent-core.ts';
import { newCounts, Timings } from '../../agent/core/counters.ts';
import type { FillId, Outbox } from '../../agent/core/ports.ts';
import { descriptorOf } from '../../agent/edge/descriptor-of.ts';
import { Fill } from '../../agent/edge/fill.ts';
import type { PeerReply } from '../../agent/edge/ports.ts';
import type { AgentId, Region } from '../../agent/wire/ids.ts';
import type { Fetch } from '../../agent/wire/message.ts';

export interface CorruptAgent {
  readonly id: AgentId;
  /** Who asked it for what. */
  readonly served: { readonly from: AgentId; readonly target: string }[];
  stop(): Promise<void>;
}

/** @param first it sends what it signed before the bytes; else after them, as one does who relays */
export async function startCorruptAgent(of: {
  readonly identity: string;
  readonly seed: string;
  readonly origin: string;
  readonly first: (target: string) => boolean;
}): Promise<CorruptAgent> {
  const identity = loadIdentity(of.identity);
  const [counts, timings] = [newCounts(), new Timings()];
  const digests = new Digests({ signer: identity, certifier: identity, now: Date.now });
  const served: CorruptAgent['served'] = [];
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const answer = async (fetched: Fetch, reply: PeerReply): Promise<void> => {
    reply.filling();
    const response = await fetch(of.origin + fetched.target);
    const body = Buffer.from(await response.arrayBuffer());
    const headers = [...response.headers].filter(([name]) => name === 'cache-control' || name === 'etag');
    const { status } = response;
    const about = { name: fetched.name, status, headers: headers as [string, string][] };
    const descriptor = descriptorOf({ digests, now: Date.now }, about, body);
    const bit = Math.floor(Math.random() * body.length * 8);
    body[bit >> 3] = (body[bit >> 3] as number) ^ (1 << (bit & 7));
    const head = { status, headers: about.headers, size: body.length };
    const fill = new Fill(1 as FillId, (bytes) => new Uint8Array(bytes), body.length);
    fill.begin({ ...head, delayMs: 0 });
    if (of.first(fetched.target)) fill.descriptor = descriptor;
    reply.send({ ...head, ageMs: 0 }, fill, fetched.offset);
    fill.write(body);
    fill.descriptor = descriptor;
    fill.end();
  };

  const links = await Links.open({
    identity,
    listen: { host: '127.0.0.1', port: 0 },
    events: {
      message: (from, message) => core.receive(from, message, Date.now(), outbox),
      broken: (peer) => core.broken(peer, Date.now(), outbox),
      serve: (from, fetched, reply) => {
        served.push({ from, target: fetched.target });
        answer(fetched, reply).catch(() => reply.reset('internal'));
        return () => {};
      },
    },
    counts,
    log: () => {},
  });
  const outbox: Outbox = {
    send: (to, message) => links.send(to, message),
    wakeAt: (atMs) => {
      clearTimeout(timer);
      if (stopped || atMs === Number.POSITIVE_INFINITY) return;
      timer = setTimeout(() => core.wake(Date.now(), outbox), Math.max(0, atMs - Date.now()));
    },
    fetchOrigin: () => {},
    fetchPeer: () => {},
    answer: () => {},
    deliver: () => {},
    giveUp: () => {},
  };
  const core = new AgentCore({
    claim: {
      id: identity.id,
      incarnation: 1,
      region: 'eu' as Region,
      link: `127.0.0.1:${links.address?.port}`,
      publicUrl: '',
      reachability: 'dialable',
      weight: 255,
      version: 'corrupt',
    },
    seal: identity.seal,
    sealSeat: identity.sealSeat,
    random: Math.random,
    counts,
    timings,
    seeds: [{ id: undefined, link: of.seed }],
  });
  core.start(Date.now(), outbox);
  return {
    id: identity.id,
    served,
    stop: async () => {
      core.leave(Date.now(), outbox);
      stopped = true;
      clearTimeout(timer);
      await new Promise<void>((resolve) => links.close(resolve));
    },
  };
}
