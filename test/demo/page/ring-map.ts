// The live ring map, drawn in SVG: who is in which ring, who gives to whom, what comes from the origin.
//
// Agents and rings are drawn once; where they are follows from the leaf rings that agents name (layout.ts), and CSS
// moves them there when rings split or merge. An agent's halo grows with what it gives to players. Lines move while
// bytes move, wider for more: between agents of one leaf ring, and between leaf rings of one region as one line.

import { bytesText } from '../bytes.ts';
import type { AgentStatus, Flow, Status } from '../status.ts';
import { html, svg } from './element.ts';
import {
  bowed,
  CENTRE,
  HEIGHT,
  type Layout,
  layoutOf,
  type Point,
  short,
  WIDTH,
  WORLD_RADIUS,
} from './layout.ts';

interface Node {
  readonly group: SVGGElement;
  readonly halo: SVGCircleElement;
  readonly name: SVGTextElement;
  readonly rate: SVGTextElement;
  readonly fromOrigin: SVGPathElement;
}

const NODE_RADIUS = 11;
const HALO_MAX = 10;
/** Bytes per second of the widest line and the largest halo; the scale is a square root. */
const FULL_RATE = 1_500_000;

export class RingMap {
  readonly #into: HTMLElement;
  readonly #tip = html('div', { class: 'tip', hidden: '' });
  readonly #nodes = new Map<number, Node>();
  readonly #flows = new Map<string, SVGPathElement>();
  /** Leaf rings. */
  readonly #leaves = new Map<string, SVGCircleElement>();
  readonly #regions = new Map<string, { readonly box: SVGRectElement; readonly name: SVGTextElement }>();
  readonly #ground = svg('g');
  readonly #lines = svg('g');
  #layout: Layout | undefined;
  #region = '';
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
    const layout = layoutOf(status.regions, status.agents);
    this.#layout = layout;
    this.#arrange(layout);
    for (const agent of status.agents) this.#showAgent(agent);
    this.#showFlows(layout, status.flows);
    if (this.#originRate) this.#originRate.textContent = `${bytesText(status.origin.bytesPerS)}/s`;
    if (this.#tipOf !== undefined) this.#showTip(this.#tipOf);
  }

  /** Marks the region of the page's player. */
  stand(region: string): void {
    this.#region = region;
    if (this.#layout) this.#arrange(this.#layout);
  }

  /** The page's player got a segment from this agent. */
  beam(agent: number): void {
    const to = this.#layout?.agents.get(agent)?.at;
    if (to === undefined) return;
    this.#beam.setAttribute('x2', String(to.x));
    this.#beam.setAttribute('y2', String(to.y));
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
    this.#ground.append(svg('circle', { class: 'world', cx: CENTRE.x, cy: CENTRE.y, r: WORLD_RADIUS }));
    const nodes = svg('g');
    for (const { id, label } of regions) {
      const name = svg('text', { class: 'region', 'text-anchor': 'middle' }, label);
      const box = svg('rect', { class: 'ring region-ring' });
      this.#regions.set(id, { box, name });
      this.#ground.append(box);
      nodes.append(name);
    }
    for (const agent of agents) nodes.append(this.#drawAgent(agent));
    this.#you.append(this.#beam, svg('path', { class: 'core', d: 'M -5 -7 L 8 0 L -5 7 Z' }));
    root.append(this.#ground, this.#lines, this.#you, nodes, this.#drawOrigin());
    this.#into.prepend(root);
  }

  /** Everything to its place; CSS takes it there. */
  #arrange({ agents, leaves, regions }: Layout): void {
    for (const [id, { at, box, label }] of regions) {
      const drawn = this.#regions.get(id);
      if (drawn === undefined) continue;
      const { width, height } = box ?? { width: 0, height: 0 };
      style(drawn.box, { x: at.x - width / 2, y: at.y - height / 2, width, height, rx: height / 2 });
      drawn.box.classList.toggle('mine', id === this.#region);
      put(drawn.name, label);
      if (id === this.#region) this.#place(at);
    }
    for (const [ring, circle] of this.#leaves) {
      if (leaves.has(ring)) continue;
      circle.remove();
      this.#leaves.delete(ring);
    }
    for (const [ring, { at, radius, region }] of leaves) {
      let circle = this.#leaves.get(ring);
      if (circle === undefined) {
        circle = svg('circle', { class: 'ring leaf', 'data-ring': ring });
        this.#leaves.set(ring, circle);
        this.#ground.append(circle);
      }
      style(circle, { cx: at.x, cy: at.y, r: radius });
      circle.classList.toggle('mine', region === this.#region);
    }
    for (const [index, { at, label }] of agents) {
      const node = this.#nodes.get(index);
      if (node === undefined) continue;
      put(node.group, at);
      for (const text of [node.name, node.rate]) text.setAttribute('text-anchor', label.anchor);
      put(node.name, label);
      put(node.rate, { x: label.x, y: label.y + 13 });
      draw(node.fromOrigin, bowed(short(at, CENTRE, 24), short(CENTRE, at, NODE_RADIUS + 4)));
    }
  }

  #place({ x, y }: Point): void {
    this.#you.querySelector('.core')?.setAttribute('transform', `translate(${x} ${y})`);
    this.#beam.setAttribute('x1', String(x));
    this.#beam.setAttribute('y1', String(y));
  }

  #showFlows({ agents, leaves }: Layout, flows: readonly Flow[]): void {
    const running = new Map<string, { readonly d: string; readonly bytesPerS: number }>();
    for (const { from, to, bytesPerS } of flows) {
      const [giver, taker] = [agents.get(from), agents.get(to)];
      if (giver === undefined || taker === undefined) continue;
      const within = giver.leaf === taker.leaf;
      const key = within ? `${from} ${to}` : `${giver.leaf} ${taker.leaf}`;
      const [a, b] = within ? [giver, taker] : [leaves.get(giver.leaf), leaves.get(taker.leaf)];
      if (a === undefined || b === undefined) continue;
      const reach = within
        ? NODE_RADIUS + 4
        : 0.72 * Math.max(0, ...[...leaves.values()].map(({ radius }) => radius));
      const d = bowed(short(b.at, a.at, reach), short(a.at, b.at, reach), within ? 0.09 : 0.16);
      running.set(key, { d, bytesPerS: bytesPerS + (running.get(key)?.bytesPerS ?? 0) });
    }
    for (const [key, path] of this.#flows) if (!running.has(key)) move(path, 0);
    for (const [key, { d, bytesPerS }] of running) {
      let path = this.#flows.get(key);
      if (path === undefined) {
        path = svg('path', { class: 'flow peers' });
        this.#flows.set(key, path);
        this.#lines.append(path);
      }
      draw(path, d);
      move(path, bytesPerS);
    }
  }

  #drawAgent(agent: AgentStatus): SVGGElement {
    const halo = svg('circle', { class: 'halo', r: NODE_RADIUS });
    const core = svg('circle', { class: 'core', r: NODE_RADIUS });
    const name = svg('text', { class: 'label' }, agent.city);
    const rate = svg('text', { class: 'rate' });
    const group = svg(
      'g',
      { class: 'node', tabindex: 0, role: 'img', 'aria-label': agent.city, 'data-agent': agent.name },
      halo,
      core,
      name,
      rate,
    );
    for (const event of ['pointerenter', 'focus'])
      group.addEventListener(event, () => this.#showTip(agent.index));
    for (const event of ['pointerleave', 'blur']) group.addEventListener(event, () => this.#hideTip());
    const fromOrigin = svg('path', { class: 'flow origin' });
    this.#lines.append(fromOrigin);
    this.#nodes.set(agent.index, { group, halo, name, rate, fromOrigin });
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
      ['sees in its leaf ring', agent.ringMembers === undefined ? '-' : `${agent.ringMembers} agents`],
      ['rings up to the world', String(agent.ringLevels ?? '-')],
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

function put(element: SVGElement, { x, y }: Point): void {
  element.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
}

/** As CSS, so that they change smoothly. */
function style(element: SVGElement, lengths: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(lengths))
    element.style.setProperty(name, `${value.toFixed(1)}px`);
}

function draw(path: SVGPathElement, d: string): void {
  path.setAttribute('d', d);
  path.style.setProperty('d', `path("${d}")`);
}
