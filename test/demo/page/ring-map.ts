// The live ring map, drawn in SVG: who is there, who gives to whom, what comes from the origin.
//
// Drawn once, from the first status; afterwards only classes, radii and widths change, and CSS moves the rest.
// An agent's halo grows with what it gives to players. Lines move while bytes move, wider for more.

import { bytesText } from '../bytes.ts';
import type { AgentStatus, Status } from '../status.ts';
import { html, svg } from './element.ts';
import {
  bowed,
  CENTRE,
  HEIGHT,
  type Point,
  RING_RADIUS,
  ringCentre,
  seatPoint,
  short,
  WIDTH,
  WORLD_RADIUS,
} from './layout.ts';

interface Node {
  readonly group: SVGGElement;
  readonly halo: SVGCircleElement;
  readonly rate: SVGTextElement;
  readonly fromOrigin: SVGPathElement;
  readonly at: Point;
}

const NODE_RADIUS = 13;
const HALO_MAX = 21;
/** Bytes per second of the widest line and the largest halo; the scale is a square root. */
const FULL_RATE = 1_500_000;

export class RingMap {
  readonly #into: HTMLElement;
  readonly #tip = html('div', { class: 'tip', hidden: '' });
  readonly #nodes = new Map<number, Node>();
  readonly #flows = new Map<string, SVGPathElement>();
  readonly #rings = new Map<string, SVGCircleElement>();
  readonly #you = svg('g', { class: 'you' });
  readonly #beam = svg('line');
  #originRate: SVGTextElement | undefined;
  #tipOf: number | undefined;
  #status: Status | undefined;

  constructor(into: HTMLElement) {
    this.#into = into;
    into.append(this.#tip);
  }

  show(status: Status): void {
    this.#status = status;
    if (this.#nodes.size === 0) this.#draw(status);
    for (const agent of status.agents) this.#showAgent(agent);
    const running = new Map(status.flows.map((flow) => [`${flow.from}-${flow.to}`, flow.bytesPerS]));
    for (const [pair, path] of this.#flows) move(path, running.get(pair) ?? 0);
    if (this.#originRate) this.#originRate.textContent = `${bytesText(status.origin.bytesPerS)}/s`;
    if (this.#tipOf !== undefined) this.#showTip(this.#tipOf);
  }

  /** Marks the region of the page's player. */
  stand(region: string): void {
    for (const [id, ring] of this.#rings) ring.classList.toggle('mine', id === region);
    const index = this.#status?.regions.findIndex(({ id }) => id === region) ?? -1;
    if (index < 0 || this.#status === undefined) return;
    const { x, y } = ringCentre(index, this.#status.regions.length);
    this.#you.querySelector('.core')?.setAttribute('transform', `translate(${x} ${y})`);
    this.#beam.setAttribute('x1', String(x));
    this.#beam.setAttribute('y1', String(y));
  }

  /** The page's player got a segment from this agent. */
  beam(agent: number): void {
    const node = this.#nodes.get(agent);
    if (node === undefined) return;
    this.#beam.setAttribute('x2', String(node.at.x));
    this.#beam.setAttribute('y2', String(node.at.y));
    this.#beam.classList.remove('pulse');
    // Reading the layout lets the animation begin anew.
    this.#beam.getBoundingClientRect();
    this.#beam.classList.add('pulse');
  }

  #draw({ regions, agents }: Status): void {
    const root = svg('svg', {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: 'img',
      'aria-label': 'Agents in their rings',
    });
    root.append(svg('circle', { class: 'world', cx: CENTRE.x, cy: CENTRE.y, r: WORLD_RADIUS }));
    const lines = svg('g');
    const nodes = svg('g');
    for (const [r, region] of regions.entries()) {
      const middle = ringCentre(r, regions.length);
      const ring = svg('circle', { class: 'ring', cx: middle.x, cy: middle.y, r: RING_RADIUS });
      this.#rings.set(region.id, ring);
      root.append(ring);
      const members = agents.filter((agent) => agent.region === region.id);
      const points = members.map((_, seat) =>
        seatPoint({ region: r, regions: regions.length, seat, seats: members.length }),
      );
      this.#drawMesh(lines, members, points);
      for (const [seat, agent] of members.entries()) {
        const at = points[seat] ?? middle;
        nodes.append(this.#drawAgent(agent, at, middle));
        lines.append(this.#nodes.get(agent.index)?.fromOrigin ?? svg('g'));
      }
      nodes.append(regionLabel(region.label, middle, points));
    }
    this.#you.append(this.#beam, svg('path', { class: 'core', d: 'M -5 -7 L 8 0 L -5 7 Z' }));
    root.append(lines, this.#you, nodes, this.#drawOrigin());
    this.#into.prepend(root);
  }

  #drawMesh(lines: SVGGElement, members: readonly AgentStatus[], points: readonly Point[]): void {
    for (const [i, from] of points.entries()) {
      for (const [j, to] of points.entries()) {
        if (i < j) lines.append(svg('line', { class: 'mesh', x1: from.x, y1: from.y, x2: to.x, y2: to.y }));
        if (i === j) continue;
        const reach = NODE_RADIUS + 4;
        const flow = svg('path', {
          class: 'flow peers',
          d: bowed(short(to, from, reach), short(from, to, reach)),
        });
        this.#flows.set(`${members[i]?.index}-${members[j]?.index}`, flow);
        lines.append(flow);
      }
    }
  }

  #drawAgent(agent: AgentStatus, at: Point, middle: Point): SVGGElement {
    const halo = svg('circle', { class: 'halo', cx: at.x, cy: at.y, r: NODE_RADIUS });
    const core = svg('circle', { class: 'core', cx: at.x, cy: at.y, r: NODE_RADIUS });
    const label = labelPlace(at, middle);
    const rate = svg('text', { class: 'rate', x: label.x, y: label.y + 14, 'text-anchor': label.anchor });
    const group = svg(
      'g',
      { class: 'node', tabindex: 0, role: 'img', 'aria-label': agent.city, 'data-agent': agent.name },
      halo,
      core,
      svg('text', { class: 'label', x: label.x, y: label.y, 'text-anchor': label.anchor }, agent.city),
      rate,
    );
    for (const event of ['pointerenter', 'focus'])
      group.addEventListener(event, () => this.#showTip(agent.index));
    for (const event of ['pointerleave', 'blur']) group.addEventListener(event, () => this.#hideTip());
    const d = bowed(short(at, CENTRE, 24), short(CENTRE, at, NODE_RADIUS + 4));
    this.#nodes.set(agent.index, {
      group,
      halo,
      rate,
      at,
      fromOrigin: svg('path', { class: 'flow origin', d }),
    });
    return group;
  }

  #drawOrigin(): SVGGElement {
    const { x, y } = CENTRE;
    this.#originRate = svg('text', { class: 'rate', x, y: y + 46, 'text-anchor': 'middle' });
    return svg(
      'g',
      { class: 'source' },
      svg('rect', { class: 'core', x: x - 16, y: y - 16, width: 32, height: 32, rx: 8 }),
      svg('path', {
        d: `M ${x - 8} ${y - 5} h 16 M ${x - 8} ${y} h 16 M ${x - 8} ${y + 5} h 10`,
        stroke: 'var(--origin)',
        'stroke-width': 2,
        'stroke-linecap': 'round',
      }),
      svg('text', { class: 'label', x, y: y + 32, 'text-anchor': 'middle' }, 'Origin'),
      this.#originRate,
    );
  }

  #showAgent(agent: AgentStatus): void {
    const node = this.#nodes.get(agent.index);
    if (node === undefined) return;
    const { state, viewerBytesPerS, originBytesPerS } = agent;
    node.group.setAttribute('class', `node ${state} ${viewerBytesPerS > 0 ? 'busy' : ''}`);
    node.halo.setAttribute('r', String(NODE_RADIUS + 2 + HALO_MAX * part(viewerBytesPerS)));
    node.rate.textContent = state === 'running' ? `${bytesText(viewerBytesPerS)}/s` : state;
    move(node.fromOrigin, state === 'running' ? originBytesPerS : 0);
  }

  #showTip(index: number): void {
    const agent = this.#status?.agents[index];
    const node = this.#nodes.get(index);
    if (agent === undefined || node === undefined) return;
    this.#tipOf = index;
    const rows: [string, string][] = [
      ['state', agent.state],
      ['place', agent.place],
      ['sees in its ring', agent.ringMembers === undefined ? '-' : `${agent.ringMembers} agents`],
      ['player requests', agent.requests.toLocaleString('en')],
      ['to players', bytesText(agent.viewerBytes)],
      ['to other agents', bytesText(agent.peerSentBytes)],
      ['from other agents', bytesText(agent.peerReceivedBytes)],
      ['from the origin', `${agent.originFetches} fetches, ${bytesText(agent.originBytes)}`],
      ['in memory', bytesText(agent.storeBytes)],
    ];
    const list = html(
      'dl',
      {},
      ...rows.flatMap(([name, value]) => [html('dt', {}, name), html('dd', {}, value)]),
    );
    this.#tip.replaceChildren(html('b', {}, agent.city), list);
    this.#tip.hidden = false;
    const card = this.#into.parentElement?.getBoundingClientRect();
    const box = node.group.querySelector('.core')?.getBoundingClientRect();
    if (card === undefined || box === undefined) return;
    const left = Math.min(box.right - card.left + 10, card.width - this.#tip.offsetWidth - 8);
    const top = Math.min(box.top - card.top, card.height - this.#tip.offsetHeight - 8);
    this.#tip.style.left = `${Math.max(8, left)}px`;
    this.#tip.style.top = `${Math.max(8, top)}px`;
  }

  #hideTip(): void {
    this.#tipOf = undefined;
    this.#tip.hidden = true;
  }
}

function move(path: SVGPathElement, bytesPerS: number): void {
  path.classList.toggle('on', bytesPerS > 0);
  path.setAttribute('stroke-width', (1.4 + 3 * part(bytesPerS)).toFixed(2));
}

/** 0 to 1. */
function part(bytesPerS: number): number {
  return Math.min(1, Math.sqrt(bytesPerS / FULL_RATE));
}

/** Away from the ring's middle; beside the node where that is to the left or right of it. */
function labelPlace(at: Point, middle: Point): { x: number; y: number; anchor: string } {
  const dx = at.x - middle.x;
  const dy = at.y - middle.y;
  const gap = NODE_RADIUS + 12;
  if (Math.abs(dx) > 8)
    return { x: at.x + Math.sign(dx) * gap, y: at.y + 1, anchor: dx > 0 ? 'start' : 'end' };
  return dy < 0
    ? { x: at.x, y: at.y - gap - 14, anchor: 'middle' }
    : { x: at.x, y: at.y + gap + 8, anchor: 'middle' };
}

/** On the side of the ring on which no agent sits. */
function regionLabel(text: string, middle: Point, points: readonly Point[]): SVGTextElement {
  const lowest = Math.max(...points.map(({ y }) => y));
  const y = lowest > middle.y + RING_RADIUS - 8 ? middle.y - RING_RADIUS - 14 : middle.y + RING_RADIUS + 22;
  return svg('text', { class: 'region', x: middle.x, y, 'text-anchor': 'middle' }, text);
}
