// Who is in which ring, as the agents themselves see it.

import * as units from '@grafana/grafana-foundation-sdk/units';
import { graph, type Row } from '../panel.ts';
import { AGENTS, gauge, rate } from '../query.ts';

const alive = { by: ['ring'], where: 'state="alive"' };

export const ringsRow: Row = {
  title: 'Rings',
  panels: [
    graph({
      title: 'Ring sizes',
      shows:
        'Living members of each leaf ring, in the largest and the smallest view of its members, and how many agents say that they are in it.',
      normal: 'all three equal, at most twice the target size; they differ for seconds after a change.',
      otherwise:
        'views stay apart: a partition between members; see "Membership changes" and the network between them.',
      unit: units.Short,
      width: 8,
      queries: [
        { expr: gauge('max', 'ringcast_ring_members', alive), legend: '{{ring}} largest view' },
        { expr: gauge('min', 'ringcast_ring_members', alive), legend: '{{ring}} smallest view' },
        { expr: `count by (ring) (${AGENTS})`, legend: '{{ring}} scraped' },
      ],
    }),
    graph({
      title: 'Membership changes',
      shows:
        'Changes per second, summed over all agents: a change of one member counts once for each that saw it.',
      normal: 'quiet but for rollouts; suspected followed by refuted is a slow agent, not a dead one.',
      otherwise:
        'died without a rollout: look at that host. self_refuted often: that agent is overloaded; see "Event loop lag".',
      unit: units.OpsPerSecond,
      width: 8,
      queries: [{ expr: rate('ringcast_member_changes_total', { by: ['change'] }), legend: '{{change}}' }],
    }),
    graph({
      title: 'Suspected members',
      shows: 'Members that are suspected to be dead, by the agents that suspect them.',
      normal: '0, or a few for seconds.',
      otherwise:
        'all agents suspect one: it is down or cut off. One agent suspects all: it is the one that is cut off.',
      unit: units.Short,
      width: 8,
      queries: [
        {
          expr: gauge('sum', 'ringcast_ring_members', { by: ['instance'], where: 'state="suspected"' }),
          legend: '{{instance}}',
        },
      ],
    }),
    graph({
      title: 'Probes',
      shows:
        'Membership probes: direct ones sent, indirect ones asked of other members, and those that got no answer in time.',
      normal: 'two direct probes a second per agent, no failures, no indirect ones.',
      otherwise: 'failures: loss between members or an overloaded one.',
      unit: units.OpsPerSecond,
      width: 8,
      queries: [
        { expr: rate('ringcast_probes_total', { by: ['kind'] }), legend: '{{kind}}' },
        { expr: rate('ringcast_probe_failures_total'), legend: 'failed' },
      ],
    }),
    graph({
      title: 'Control messages',
      shows: 'Messages between agents over links, all agents together.',
      normal: 'a few per second and agent, whatever the traffic; sent and received about equal.',
      otherwise: 'rises without membership changes: rumours do not settle; look for views that stay apart.',
      unit: units.OpsPerSecond,
      width: 8,
      queries: [
        { expr: rate('ringcast_control_messages_total', { by: ['direction'] }), legend: '{{direction}}' },
      ],
    }),
    graph({
      title: 'Links and regions',
      shows: 'Open links of all agents, and the least number of regions that an agent knows.',
      normal: 'links grow with ring size; every agent knows every region.',
      otherwise: 'fewer regions: seeds of the other regions are unreachable from some agent.',
      unit: units.Short,
      width: 8,
      queries: [
        { expr: gauge('sum', 'ringcast_links'), legend: 'links' },
        { expr: gauge('min', 'ringcast_regions_known'), legend: 'regions known, least' },
        { expr: gauge('max', 'ringcast_ring_levels'), legend: 'levels of rings' },
      ],
    }),
  ],
};
