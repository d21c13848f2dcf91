// `<ringcast-stats>`: a small panel beside a player that shows where its bytes come from.
//
//     <ringcast-stats></ringcast-stats>
//     document.querySelector('ringcast-stats').ring = ring;
//
// It reads `ring.stats` once a second while it is in the page and in view of its tab; it asks the network nothing.
// Light or dark as the page's visitor prefers, or as `theme="light"` or `theme="dark"` says; each colour is named in
// words beside it. Numbers change silently: a live region would have a screen reader talk without end.
// The class is made on call, since a server that renders the page has no HTMLElement to extend.

import type { RingcastStats } from '../tally.ts';
import { CHART_HEIGHT, chartPaths } from './chart.ts';
import { agentShareOf, STEPS_MAX, StatsHistory, totalOf } from './history.ts';
import { STYLE } from './style.ts';
import { bytesText, pictureText, rateText, shareText } from './wording.ts';

export interface RingcastStatsElement extends HTMLElement {
  /** The ring that is shown; null for none. */
  ring: { readonly stats: RingcastStats } | null;
}

const STEP_MS = 1000;
/** Agents that have a row. */
const ROWS_MAX = 8;

/** Makes `<ringcast-stats>` known to the page; again, or where there is no page, it does nothing. */
export function defineRingcastStats(): void {
  if (typeof customElements === 'undefined' || customElements.get('ringcast-stats')) return;
  customElements.define('ringcast-stats', elementClass());
}

function elementClass(): CustomElementConstructor {
  return class extends HTMLElement implements RingcastStatsElement {
    #ring: RingcastStatsElement['ring'] = null;
    #history = new StatsHistory();
    #timer: ReturnType<typeof setInterval> | undefined = undefined;
    readonly #panel: Panel;

    constructor() {
      super();
      const root = this.attachShadow({ mode: 'open' });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
      this.#panel = panelIn(root);
    }

    get ring(): RingcastStatsElement['ring'] {
      return this.#ring;
    }

    set ring(ring: RingcastStatsElement['ring']) {
      this.#ring = ring;
      this.#history = new StatsHistory();
      this.#step();
    }

    connectedCallback(): void {
      this.#timer ??= setInterval(() => this.#step(), STEP_MS);
      this.#step();
    }

    disconnectedCallback(): void {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }

    #step(): void {
      const stats = this.#ring?.stats;
      if (stats) this.#history.add(stats);
      if (stats && this.isConnected && document.visibilityState === 'visible') {
        draw(this.#panel, stats, this.#history);
      }
    }
  };
}

interface Panel {
  readonly chart: SVGElement;
  readonly agent: SVGElement;
  readonly origin: SVGElement;
  readonly state: HTMLElement;
  readonly values: Readonly<Record<ValueName, HTMLElement>>;
  readonly rows: HTMLElement;
}

const VALUES = {
  share: 'From agents',
  agent: 'Agents',
  origin: 'Origin',
  fallbacks: 'Fallbacks',
  resumed: 'Resumed',
  wasted: 'Wasted',
} as const;

type ValueName = keyof typeof VALUES;

function draw(panel: Panel, stats: RingcastStats, history: StatsHistory): void {
  const paths = chartPaths(history.steps);
  panel.agent.setAttribute('d', paths.agent);
  panel.origin.setAttribute('d', paths.origin);
  panel.chart.setAttribute('aria-label', pictureText(history.steps));
  const total = totalOf(stats);
  const fallbacks = Object.values(stats.fallbacks).reduce((sum, count) => sum + count, 0);
  const texts: Record<ValueName, string> = {
    share: shareText(agentShareOf(total)),
    agent: bytesText(total.agentBytes),
    origin: bytesText(total.originBytes),
    fallbacks: String(fallbacks),
    resumed: String(stats.resumed),
    wasted: bytesText(stats.wastedBytes),
  };
  for (const [name, element] of Object.entries(panel.values)) element.textContent = texts[name as ValueName];
  panel.state.textContent = stats.enabled ? 'Ringcast' : 'Ringcast (off)';
  const rows = [...stats.agents]
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, ROWS_MAX)
    .map((agent) => {
      const rtt = agent.rttMs === undefined ? '–' : `${Math.round(agent.rttMs)} ms`;
      const cells = [agent.state, rtt, rateText(agent.bitsPerSecond), bytesText(agent.bytes)];
      const name = element('th', { scope: 'row' }, agent.url.replace(/^https?:\/\//, ''));
      return element('tr', { class: agent.state }, name, ...cells.map((cell) => element('td', {}, cell)));
    });
  panel.rows.replaceChildren(...rows);
}

function panelIn(root: ShadowRoot): Panel {
  const agent = svg('path', { class: 'agent' });
  const origin = svg('path', { class: 'origin' });
  const viewBox = `0 0 ${STEPS_MAX} ${CHART_HEIGHT}`;
  const chart = svg('svg', { viewBox, preserveAspectRatio: 'none', role: 'img' });
  chart.append(agent, origin);
  const state = element('h2', {}, 'Ringcast');
  const values = Object.fromEntries(
    Object.keys(VALUES).map((name) => [name, element('dd', { class: name }, '–')]),
  ) as Record<ValueName, HTMLElement>;
  const list = element('dl', {});
  for (const [name, title] of Object.entries(VALUES)) {
    list.append(element('div', {}, element('dt', {}, title), values[name as ValueName]));
  }
  const rows = element('tbody', {});
  const heads = ['Agent', 'State', 'Round trip', 'Rate', 'Brought'];
  const head = element('tr', {}, ...heads.map((each) => element('th', { scope: 'col' }, each)));
  const table = element(
    'table',
    {},
    element('caption', {}, 'Agents near this viewer'),
    element('thead', {}, head),
    rows,
  );
  root.append(element('section', { 'aria-label': 'Ringcast statistics' }, state, chart, list, table));
  return { chart, agent, origin, state, values, rows };
}

function element(
  name: string,
  attributes: Record<string, string>,
  ...children: (Node | string)[]
): HTMLElement {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

function svg(name: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}
