import { describe, expect, test } from 'vitest';
import type { Region, RingId } from '../../../../agent/wire/ids.ts';
import { CONTACTS_MAX, MEMBERS_MAX, RUMOURS_MAX } from '../../../../agent/wire/limits.ts';
import type { Rumour } from '../../../../agent/wire/message.ts';
import { agentOne, idOf, OTHER_RING, RING, recordOf, ringOf, rumourOf } from './cast.ts';

function hear(
  agent: ReturnType<typeof agentOne>,
  from: number,
  rumours: readonly Rumour[],
  nowMs = 10,
): void {
  agent.member.receive(idOf(from), { kind: 'probe', seq: 1, rumours }, nowMs, agent.outbox);
}

describe('joining', () => {
  test('an agent starts in a ring of its own and asks its seed', () => {
    const { member, outbox } = agentOne();
    expect(member.view.members).toEqual([member.self]);
    expect(outbox.take()).toMatchObject([
      { to: { id: undefined, link: 'seed:7000' }, message: { kind: 'join' } },
    ]);
  });

  test('a welcome moves a newcomer, and it greets its new ring with its record', () => {
    const { member, outbox } = agentOne();
    outbox.take();
    member.receive(
      idOf(2),
      { kind: 'welcome', ring: RING, members: [rumourOf(2, 'alive'), rumourOf(3, 'alive')], contacts: [] },
      5,
      outbox,
    );
    expect(member.self).toMatchObject({ ring: RING, sequence: 1 });
    expect(member.view.members.map(({ id }) => id)).toEqual([idOf(1), idOf(2), idOf(3)]);
    expect(outbox.takeKind('probe')[0]?.rumours).toContainEqual(
      expect.objectContaining({ subject: idOf(1) }),
    );
  });

  test('a welcome that nobody asked for moves nobody', () => {
    const { member, outbox } = agentOne({ seeds: [] });
    const members = [rumourOf(2, 'alive'), rumourOf(3, 'alive')];
    member.receive(idOf(2), { kind: 'welcome', ring: RING, members, contacts: [] }, 5, outbox);
    expect(member.self.ring).not.toBe(RING);
    expect(member.view.members).toHaveLength(1);
  });

  test('an asker of the own region is welcomed with the table by the primary', () => {
    const { member, outbox } = agentOne();
    outbox.take();
    const record = recordOf(9, { ring: OTHER_RING });
    member.receive(idOf(9), { kind: 'join', record }, 10, outbox);
    expect(outbox.takeKind('welcome')[0]).toMatchObject({ ring: member.self.ring, members: { length: 1 } });
  });

  test('an asker of the own region is referred to the primary by anyone else', () => {
    const { member, outbox } = ringOf(4);
    const record = recordOf(9, { ring: OTHER_RING });
    member.receive(idOf(9), { kind: 'join', record }, 10, outbox);
    expect(outbox.takeKind('referral')[0]?.contacts.map(({ id }) => id)).toEqual([idOf(2)]);
  });

  test('the primary takes no more agents in than the ring may have', () => {
    const { member, outbox } = agentOne({ tuning: { ringSize: 4 } });
    outbox.take();
    for (let number = 10; number < 30; number += 1) {
      const record = recordOf(number, { ring: `0|eu|zzzzzz${number}` as RingId });
      member.receive(record.id, { kind: 'join', record }, 10, outbox);
    }
    expect(outbox.takeKind('welcome')).toHaveLength(7);
  });

  test('an asker of another region is referred to agents of its own, and remembered', () => {
    const { member, outbox } = ringOf(2);
    const [tokyo, osaka] = [8, 9].map((number) =>
      recordOf(number, { region: 'jp/tyo' as Region, ring: OTHER_RING }),
    );
    if (tokyo === undefined || osaka === undefined) throw new Error('two records');
    member.receive(tokyo.id, { kind: 'join', record: tokyo }, 10, outbox);
    const first = outbox.takeKind('referral')[0]?.contacts ?? [];
    expect(first.map(({ id }) => id)).toEqual([idOf(1)]);
    member.receive(osaka.id, { kind: 'join', record: osaka }, 11, outbox);
    const second = outbox.takeKind('referral')[0]?.contacts ?? [];
    expect(second.map(({ id }) => id)).toEqual([idOf(1), tokyo.id]);
    expect(member.contacts.map(({ id }) => id)).toEqual([tokyo.id, osaka.id]);
  });

  test('at most five contacts of a region are kept, those heard last', () => {
    const { member, outbox } = ringOf(2);
    for (let number = 20; number < 30; number += 1) {
      const record = recordOf(number, { region: 'jp/tyo' as Region, ring: OTHER_RING });
      member.receive(record.id, { kind: 'join', record }, number, outbox);
    }
    expect(member.contacts.map(({ id }) => id).sort()).toEqual([25, 26, 27, 28, 29].map(idOf));
  });

  test('a record under another name than its sender is refused and counted', () => {
    const { member, outbox, counts } = ringOf(2);
    member.receive(idOf(9), { kind: 'join', record: recordOf(8) }, 10, outbox);
    expect(outbox.take()).toEqual([]);
    expect(counts['rejected.record']).toBe(1);
    expect(member.view.state(idOf(8))).toBeUndefined();
  });
});

describe('rumours', () => {
  test('an alive record of lower or equal age changes nothing', () => {
    const agent = ringOf(3);
    const before = agent.member.view.members;
    hear(agent, 2, [rumourOf(3, 'alive', { record: recordOf(3, { weight: 1 }) })]);
    hear(agent, 2, [rumourOf(3, 'alive', { record: recordOf(3, { incarnation: 0, sequence: 9 }) })]);
    expect(agent.member.view.members).toBe(before);
  });

  test('a newer record takes the place of the old one and changes the view', () => {
    const agent = ringOf(3);
    const { version } = agent.member.view;
    hear(agent, 2, [rumourOf(3, 'alive', { record: recordOf(3, { sequence: 1, weight: 1 }) })]);
    expect(agent.member.view.members.find(({ id }) => id === idOf(3))?.weight).toBe(1);
    expect(agent.member.view.version).toBeGreaterThan(version);
  });

  test('a record that names another ring takes the member out', () => {
    const agent = ringOf(3);
    hear(agent, 2, [rumourOf(3, 'alive', { record: recordOf(3, { sequence: 1, ring: OTHER_RING }) })]);
    expect(agent.member.view.state(idOf(3))).toBeUndefined();
  });

  test('a record of another region in this ring is refused', () => {
    const agent = ringOf(3);
    hear(agent, 2, [rumourOf(9, 'alive', { record: recordOf(9, { region: 'jp/tyo' as Region }) })]);
    expect(agent.member.view.state(idOf(9))).toBeUndefined();
    expect(agent.counts['rejected.record']).toBe(1);
  });

  test('an accusation of the own incarnation is refuted by a higher one', () => {
    const agent = ringOf(3);
    hear(agent, 2, [rumourOf(1, 'suspect', { accuser: idOf(3) })]);
    expect(agent.member.self.incarnation).toBe(2);
    const { rumours } = agent.outbox.takeKind('ack')[0] ?? { rumours: [] };
    expect(rumours).toContainEqual(
      expect.objectContaining({ subject: idOf(1), state: 'alive', incarnation: 2 }),
    );
  });

  test.each(['dead', 'left'] as const)('its own %s is refuted as well', (state) => {
    const agent = ringOf(3);
    hear(agent, 2, [rumourOf(1, state, { accuser: idOf(3) })]);
    expect(agent.member.self.incarnation).toBe(2);
  });

  test('a forged incarnation, without a record that carries it, raises nothing and convinces nobody', () => {
    const agent = ringOf(4);
    hear(agent, 2, [
      rumourOf(1, 'dead', { incarnation: 2 ** 47 }),
      rumourOf(3, 'dead', { incarnation: 2 ** 47 }),
    ]);
    expect(agent.member.self.incarnation).toBe(1);
    expect(agent.member.view.state(idOf(3))).toBe('alive');
    expect(agent.counts['rejected.record']).toBe(1);
  });

  test('a record of an earlier life of its own is outlived', () => {
    const agent = ringOf(3);
    hear(agent, 2, [rumourOf(1, 'alive', { record: recordOf(1, { incarnation: 7 }) })]);
    expect(agent.member.self.incarnation).toBe(8);
  });

  test('a death told by another is a suspicion until there was time to refute it', () => {
    const agent = ringOf(4);
    hear(agent, 2, [rumourOf(3, 'dead', { accuser: idOf(2) })], 10);
    expect(agent.member.view.state(idOf(3))).toBe('suspect');
    hear(agent, 2, [rumourOf(3, 'dead', { accuser: idOf(2) })], 2_000);
    expect(agent.member.view.state(idOf(3))).toBe('dead');
    expect(agent.member.view.members).toHaveLength(3);
  });

  test('a record of a higher incarnation revives the dead, one of the same does not', () => {
    const agent = ringOf(4);
    hear(agent, 2, [rumourOf(3, 'left')]);
    expect(agent.member.view.state(idOf(3))).toBe('left');
    hear(agent, 2, [rumourOf(3, 'alive', { record: recordOf(3, { sequence: 5 }) })]);
    expect(agent.member.view.state(idOf(3))).toBe('left');
    hear(agent, 2, [rumourOf(3, 'alive', { incarnation: 2, record: recordOf(3, { incarnation: 2 }) })]);
    expect(agent.member.view.state(idOf(3))).toBe('alive');
  });

  test('a suspicion by somebody unknown counts for nothing', () => {
    const agent = ringOf(4);
    hear(agent, 2, [rumourOf(3, 'suspect', { accuser: idOf(99) })]);
    hear(agent, 2, [rumourOf(3, 'suspect', { accuser: idOf(3) })]);
    expect(agent.member.view.state(idOf(3))).toBe('alive');
    hear(agent, 2, [rumourOf(3, 'suspect', { accuser: idOf(4) })]);
    expect(agent.member.view.state(idOf(3))).toBe('suspect');
  });
});

describe('counts above the limits', () => {
  test('rumours, members and contacts past the maximum are dropped', () => {
    const agent = ringOf(2);
    const many = (count: number): Rumour[] =>
      Array.from({ length: count }, (_, i) => rumourOf(100 + i, 'alive'));
    hear(agent, 2, many(RUMOURS_MAX + 5));
    expect(agent.member.view.members).toHaveLength(2 + RUMOURS_MAX);
    const contacts = Array.from({ length: CONTACTS_MAX + 5 }, (_, i) =>
      recordOf(900 + i, { region: `r${i}` as Region, ring: OTHER_RING }),
    );
    const delta = {
      kind: 'delta',
      ring: RING,
      members: many(MEMBERS_MAX + 50),
      contacts,
      wanted: [],
    } as const;
    agent.member.receive(idOf(2), delta, 20, agent.outbox);
    expect(agent.member.view.members).toHaveLength(MEMBERS_MAX);
    expect(agent.member.contacts).toHaveLength(CONTACTS_MAX);
  });
});

describe('the view', () => {
  test('is sorted by id, keeps its array while nothing changes, and tells load', () => {
    const agent = ringOf(5);
    const { members, version } = agent.member.view;
    expect(members.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5].map(idOf));
    agent.member.receive(idOf(4), { kind: 'ack', seq: 99, load: 200, rumours: [] }, 10, agent.outbox);
    expect(agent.member.view.members).toBe(members);
    expect(agent.member.view.version).toBe(version);
    expect(agent.member.view.loadOf(idOf(4))).toBe(200);
    expect(agent.member.view.rttMs(idOf(4))).toBeUndefined();
  });

  test('has the round trip of whoever answered', () => {
    const agent = agentOne();
    const welcome = { kind: 'welcome', ring: RING, members: [rumourOf(2, 'alive')], contacts: [] } as const;
    agent.member.receive(
      idOf(2),
      { ...welcome, members: [...welcome.members, rumourOf(3, 'alive')] },
      1,
      agent.outbox,
    );
    const probes = agent.outbox.take().filter(({ message }) => message.kind === 'probe');
    const probe = probes.find(({ to }) => to.id === idOf(2))?.message;
    const seq = probe?.kind === 'probe' ? probe.seq : -1;
    agent.member.receive(idOf(3), { kind: 'ack', seq, load: 0, rumours: [] }, 5, agent.outbox);
    expect(agent.member.view.rttMs(idOf(2))).toBeUndefined();
    agent.member.receive(idOf(2), { kind: 'ack', seq, load: 0, rumours: [] }, 8, agent.outbox);
    expect(agent.member.view.rttMs(idOf(2))).toBe(7);
  });
});

describe('relaying', () => {
  test('a relay probes the target and reports its answer under the asker’s number', () => {
    const agent = ringOf(4);
    const request = { kind: 'probe-request', seq: 77, target: idOf(3), rumours: [] } as const;
    agent.member.receive(idOf(2), request, 10, agent.outbox);
    const seq = agent.outbox.takeKind('probe')[0]?.seq ?? -1;
    agent.member.receive(idOf(3), { kind: 'ack', seq, load: 0, rumours: [] }, 20, agent.outbox);
    expect(agent.outbox.takeKind('probe-report')).toMatchObject([
      { seq: 77, target: idOf(3), reached: true },
    ]);
  });

  test('a silent target, or an unknown one, is reported as not reached', () => {
    const agent = ringOf(4);
    agent.member.receive(
      idOf(2),
      { kind: 'probe-request', seq: 5, target: idOf(99), rumours: [] },
      10,
      agent.outbox,
    );
    expect(agent.outbox.takeKind('probe-report')).toMatchObject([{ seq: 5, reached: false }]);
    agent.member.receive(
      idOf(2),
      { kind: 'probe-request', seq: 6, target: idOf(3), rumours: [] },
      10,
      agent.outbox,
    );
    agent.outbox.take();
    agent.member.wake(200, agent.outbox);
    expect(agent.outbox.takeKind('probe-report')).toMatchObject([
      { seq: 6, target: idOf(3), reached: false },
    ]);
  });
});

describe('leaving', () => {
  test('tells every member once, answers nothing more and sleeps', () => {
    const agent = ringOf(4);
    agent.member.leave(50, agent.outbox);
    const sent = agent.outbox.take();
    expect(sent.map(({ to }) => to.id)).toEqual([2, 3, 4].map(idOf));
    expect(sent[0]?.message).toMatchObject({ kind: 'delta', members: [{ subject: idOf(1), state: 'left' }] });
    hear(agent, 2, []);
    expect(agent.outbox.take()).toEqual([]);
    expect(agent.member.nextWakeMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('an outbound member', () => {
  test('is probed only once it opened a link here', () => {
    const outbound = recordOf(2, { link: '', reachability: 'outbound', weight: 0 });
    const agent = agentOne();
    const members = [rumourOf(2, 'alive', { record: outbound }), rumourOf(3, 'alive')];
    agent.member.receive(idOf(3), { kind: 'welcome', ring: RING, members, contacts: [] }, 1, agent.outbox);
    const probedTwo = (untilMs: number): boolean => {
      for (let nowMs = agent.member.nextWakeMs; nowMs < untilMs; nowMs = agent.member.nextWakeMs) {
        agent.member.wake(nowMs, agent.outbox);
      }
      return agent.outbox.take().some(({ to, message }) => to.id === idOf(2) && message.kind === 'probe');
    };
    expect(probedTwo(3_000)).toBe(false);
    hear(agent, 2, [], 3_000);
    expect(probedTwo(6_000)).toBe(true);
  });
});
