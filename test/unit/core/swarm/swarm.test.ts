import { describe, expect, test } from 'vitest';
import type { FillId, Requester, Segment, WantId } from '../../../../agent/core/ports.ts';
import { Swarm, type SwarmView } from '../../../../agent/core/swarm/swarm.ts';
import { SWARM_TUNING } from '../../../../agent/core/swarm/tuning.ts';
import type { AgentId, SegmentName } from '../../../../agent/wire/ids.ts';
import { agentId, homeOf, Notebook, ringOf, without } from './ring.ts';

const VIEWER: Requester = { kind: 'viewer' };
const FIRST = 1 as FillId;

function segment(number: number): Segment {
  return { name: `origin /live/seg-${number}.m4s` as SegmentName, kind: 'segment' };
}

/** A segment whose home is the wanted member. */
function segmentOf(view: SwarmView, home: AgentId): Segment {
  for (let number = 0; number < 10_000; number += 1) {
    if (homeOf(view, segment(number)) === home) return segment(number);
  }
  throw new Error('no segment has that home');
}

function peer(from: AgentId, chain: readonly AgentId[] = [from], avoid: readonly AgentId[] = []): Requester {
  return { kind: 'peer', from, tier: 0, chain, avoid };
}

/** One agent's swarm with its view, its notebook and counting want ids. */
function seat(self: AgentId, view: SwarmView) {
  const swarm = new Swarm(self, SWARM_TUNING);
  const notebook = new Notebook();
  let wants = 0;
  let nowMs = 1_000;
  const now = () => ({ nowMs, view, outbox: notebook });
  return {
    want: (what: Segment, requester: Requester = VIEWER) => {
      wants += 1;
      swarm.want(wants as WantId, what, requester, now());
      return notebook.take();
    },
    fail: (fill: FillId, reason: Parameters<Swarm['settle']>[1] & { kind: 'failed' }) => {
      swarm.settle(fill, reason, now());
      return notebook.take();
    },
    end: (fill: FillId, outcome: Parameters<Swarm['settle']>[1]) => {
      swarm.settle(fill, outcome, now());
      notebook.take();
    },
    settle: (fill: FillId, kind: 'complete' | 'over') => swarm.settle(fill, { kind }, now()),
    begun: (fill: FillId) => swarm.begun(fill),
    drain: () => swarm.drain(),
    later: (ms: number) => {
      nowMs += ms;
    },
    fills: () => swarm.fills,
  };
}

const failed = (
  reason:
    | 'silent'
    | 'unreachable'
    | 'stale-view'
    | 'declined'
    | 'corrupt'
    | 'origin-failed'
    | 'origin-broken'
    | 'origin-timeout',
) => ({ kind: 'failed', reason }) as const;

describe('a viewer’s want', () => {
  const view = ringOf(8);
  const self = agentId(0);
  const other = agentId(1);

  test('goes to the origin where this agent is home', () => {
    const effects = seat(self, view).want(segmentOf(view, self));
    expect(effects).toMatchObject([
      { kind: 'origin' },
      { kind: 'answer', answer: { kind: 'fill', joined: false } },
    ]);
  });

  test('goes to the home where another agent is', () => {
    const effects = seat(self, view).want(segmentOf(view, other));
    expect(effects).toMatchObject([
      { kind: 'peer', source: { peer: { id: other }, tier: 0, chain: [self], avoid: [], firstSignMs: 500 } },
      { kind: 'answer', answer: { kind: 'fill', joined: false } },
    ]);
  });

  test('joins the fill in flight, and starts a new one when that is over', () => {
    const at = seat(self, view);
    const what = segmentOf(view, other);
    at.want(what);
    expect(at.want(what)).toEqual([
      { kind: 'answer', want: 2, answer: { kind: 'fill', fill: FIRST, joined: true } },
    ]);
    at.settle(FIRST, 'complete');
    expect(at.fills()).toBe(0);
    expect(at.want(what)).toMatchObject([
      { kind: 'peer' },
      { kind: 'answer', answer: { fill: 2, joined: false } },
    ]);
  });

  test('for what is no media goes to the origin, whoever is home', () => {
    const what: Segment = { ...segmentOf(view, other), kind: 'other' };
    expect(seat(self, view).want(what)).toMatchObject([{ kind: 'origin' }, { kind: 'answer' }]);
  });

  test('of agents of weight 0 only goes to the origin', () => {
    const weightless = ringOf(4, () => 0);
    expect(seat(self, weightless).want(segment(1))).toMatchObject([{ kind: 'origin' }, { kind: 'answer' }]);
  });
});

describe('a home that fails', () => {
  const view = ringOf(8);
  const self = agentId(0);
  const home = agentId(1);

  test('without a sign of life is passed over for the next in rank, who is told whom to leave out', () => {
    const at = seat(self, view);
    const what = segmentOf(view, home);
    at.want(what);
    const second = homeOf(view, what, [home]);
    const effects = at.fail(FIRST, failed('silent'));
    expect(effects).toMatchObject(
      second === self
        ? [{ kind: 'origin' }]
        : [{ kind: 'peer', source: { peer: { id: second }, avoid: [home] } }],
    );
  });

  test('is shunned for a while, then asked again', () => {
    const at = seat(self, view);
    const what = segmentOf(view, home);
    at.want(what);
    at.fail(FIRST, failed('unreachable'));
    at.settle(FIRST, 'complete');
    expect(at.want(what)[0]).not.toMatchObject({ source: { peer: { id: home } } });
    at.settle(2 as FillId, 'complete');
    at.later(SWARM_TUNING.shunMs + 1);
    expect(at.want(what)[0]).toMatchObject({ source: { peer: { id: home } } });
  });

  test('that sent what nobody signed is shunned for long, whether the fill goes on without it or not', () => {
    for (const outcome of [failed('corrupt'), { kind: 'over', reason: 'corrupt' } as const]) {
      const at = seat(self, view);
      const what = segmentOf(view, home);
      at.want(what);
      at.end(FIRST, outcome);
      if (outcome.kind === 'failed') at.settle(FIRST, 'complete');
      at.later(SWARM_TUNING.corruptShunMs - 1);
      expect(at.want(what)[0]).not.toMatchObject({ source: { peer: { id: home } } });
      at.settle(2 as FillId, 'complete');
      at.later(2);
      expect(at.want(what)[0]).toMatchObject({ source: { peer: { id: home } } });
    }
  });

  test('is not let off by falling silent while it is shunned for long', () => {
    const at = seat(self, view);
    const what = segmentOf(view, home);
    // Both are asked of it before either fails.
    const second = { ...what, name: `${what.name}?2` as SegmentName };
    at.want(what);
    at.want(second);
    at.end(FIRST, failed('corrupt'));
    at.end(2 as FillId, failed('silent'));
    for (const fill of [FIRST, 2 as FillId]) at.settle(fill, 'complete');
    at.later(SWARM_TUNING.shunMs + 1);
    expect(at.want(what)[0]).not.toMatchObject({ source: { peer: { id: home } } });
  });

  test('because the origin failed it ends the fill: the origin is not asked a second time', () => {
    const at = seat(self, view);
    at.want(segmentOf(view, home));
    expect(at.fail(FIRST, failed('origin-failed'))).toEqual([
      { kind: 'give-up', fill: FIRST, reason: 'origin-failed' },
    ]);
    expect(at.fills()).toBe(0);
  });

  test('leads to the origin after two peers', () => {
    const at = seat(self, view);
    at.want(segmentOf(view, home));
    const effects = [...at.fail(FIRST, failed('declined')), ...at.fail(FIRST, failed('declined'))];
    expect(effects.at(-1)).toMatchObject({ kind: 'origin', fill: FIRST });
  });
});

describe('an origin that fails', () => {
  const view = ringOf(1);
  const self = agentId(0);

  test('half-way is asked once more, then given up', () => {
    const at = seat(self, view);
    at.want(segment(1));
    expect(at.fail(FIRST, failed('origin-broken'))).toMatchObject([{ kind: 'origin' }]);
    expect(at.fail(FIRST, failed('origin-broken'))).toMatchObject([
      { kind: 'give-up', reason: 'origin-broken' },
    ]);
  });

  test('by time-out is not asked again', () => {
    const at = seat(self, view);
    at.want(segment(1));
    expect(at.fail(FIRST, failed('origin-timeout'))).toMatchObject([
      { kind: 'give-up', reason: 'origin-timeout' },
    ]);
  });
});

describe('a want of a peer', () => {
  const view = ringOf(8);
  const self = agentId(0);
  const other = agentId(1);
  const third = agentId(2);

  test('starts the origin fetch where this agent is home, and joins it next time', () => {
    const at = seat(self, view);
    const what = segmentOf(view, self);
    expect(at.want(what, peer(other))).toMatchObject([{ kind: 'origin' }, { answer: { joined: false } }]);
    expect(at.want(what, peer(third))).toMatchObject([{ answer: { fill: FIRST, joined: true } }]);
  });

  test('that leaves the dead home out makes the next in rank home', () => {
    const what = segmentOf(view, other);
    const second = homeOf(view, what, [other]);
    expect(seat(second, view).want(what, peer(self, [self], [other]))).toMatchObject([
      { kind: 'origin' },
      { answer: { kind: 'fill' } },
    ]);
  });

  test('for another’s segment is passed on once, with the chain that it came by', () => {
    const what = segmentOf(view, other);
    expect(seat(self, view).want(what, peer(third))).toMatchObject([
      { kind: 'peer', source: { peer: { id: other }, chain: [third, self] } },
      { answer: { kind: 'fill' } },
    ]);
    expect(seat(self, view).want(what, peer(third, [agentId(3), third]))).toMatchObject([
      { answer: { kind: 'refuse', reason: 'stale-view' } },
    ]);
  });

  test('never waits for a fill that itself waits for a peer: views that differ cannot make a circle', () => {
    // Three agents, each of whom believes that the next is home, all with viewers of their own.
    const ids = [self, other, third] as const;
    const what = segment(7);
    const believing = (home: AgentId): SwarmView => {
      let seen = view;
      while (homeOf(seen, what) !== home) seen = without(seen, homeOf(seen, what));
      return seen;
    };
    const seats = ids.map((id, index) => seat(id, believing(ids[(index + 1) % 3] as AgentId)));
    for (const each of seats) expect(each.want(what)).toMatchObject([{ kind: 'peer' }, {}]);
    seats.forEach((each, index) => {
      const from = ids[(index + 2) % 3] as AgentId;
      expect(each.want(what, peer(from))).toMatchObject([
        { answer: { kind: 'refuse', reason: 'stale-view' } },
      ]);
    });
    // Each is told so, and goes to the origin: bounded, and nobody waits for ever.
    for (const each of seats)
      expect(each.fail(FIRST, failed('stale-view'))).toMatchObject([{ kind: 'origin' }]);
  });

  test('may wait for a fill that has begun to receive, wherever it comes from', () => {
    const at = seat(self, view);
    const what = segmentOf(view, other);
    at.want(what);
    at.begun(FIRST);
    expect(at.want(what, peer(third))).toMatchObject([{ answer: { fill: FIRST, joined: true } }]);
  });

  test('is refused while draining, a viewer’s is not', () => {
    const at = seat(self, view);
    at.drain();
    expect(at.want(segmentOf(view, self), peer(other))).toMatchObject([{ answer: { reason: 'draining' } }]);
    expect(at.want(segmentOf(view, self))).toMatchObject([{ kind: 'origin' }, { answer: { kind: 'fill' } }]);
  });
});

test('wants beyond the largest number of fills are refused as busy', () => {
  const view = ringOf(1);
  const swarm = new Swarm(agentId(0), { ...SWARM_TUNING, fillsMax: 2 });
  const notebook = new Notebook();
  for (let i = 1; i <= 3; i += 1)
    swarm.want(i as WantId, segment(i), VIEWER, { nowMs: 0, view, outbox: notebook });
  expect(notebook.take().at(-1)).toMatchObject({ answer: { kind: 'refuse', reason: 'busy' } });
});
