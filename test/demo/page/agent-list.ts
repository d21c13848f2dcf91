// The agents by region: what each has given and taken, and a button that kills it or starts it again.

import { bytesText } from '../bytes.ts';
import type { AgentStatus, Status } from '../status.ts';
import { html } from './element.ts';

interface Row {
  readonly row: HTMLElement;
  readonly sums: HTMLElement;
  readonly bars: readonly HTMLElement[];
  readonly button: HTMLButtonElement;
}

export class AgentList {
  readonly #into: HTMLElement;
  readonly #press: (agent: number, action: 'kill' | 'start') => void;
  readonly #rows = new Map<number, Row>();
  readonly #headings = new Map<string, HTMLElement>();

  constructor(into: HTMLElement, press: (agent: number, action: 'kill' | 'start') => void) {
    this.#into = into;
    this.#press = press;
  }

  show(status: Status): void {
    if (this.#rows.size === 0) this.#build(status);
    const most = Math.max(1, ...status.agents.map(moved));
    for (const agent of status.agents) this.#showAgent(agent, most);
    for (const region of status.regions) {
      const heading = this.#headings.get(region.id);
      if (heading) heading.textContent = `${bytesText(region.viewerBytesPerS)}/s to players`;
    }
  }

  #build(status: Status): void {
    for (const region of status.regions) {
      const heading = html('span');
      this.#headings.set(region.id, heading);
      const group = html('div', { class: 'card group' }, html('h2', {}, region.label, heading));
      for (const agent of status.agents) {
        if (agent.region === region.id) group.append(this.#buildRow(agent));
      }
      this.#into.append(group);
    }
  }

  #buildRow(agent: AgentStatus): HTMLElement {
    const sums = html('span');
    const bars = [html('i'), html('i'), html('i')];
    const button = html('button', { type: 'button' });
    button.addEventListener('click', () => {
      button.disabled = true;
      this.#press(agent.index, button.dataset.action === 'kill' ? 'kill' : 'start');
    });
    const row = html(
      'div',
      { class: 'agent', 'data-agent': agent.name },
      html('span', { class: 'state' }),
      html('span', { class: 'name', title: agent.place }, agent.city),
      html('div', { class: 'sums' }, sums, html('div', { class: 'share' }, ...bars)),
      button,
    );
    this.#rows.set(agent.index, { row, sums, bars, button });
    return row;
  }

  #showAgent(agent: AgentStatus, most: number): void {
    const shown = this.#rows.get(agent.index);
    if (shown === undefined) return;
    const { row, sums, bars, button } = shown;
    row.className = `agent ${agent.state}`;
    sums.textContent = `${bytesText(agent.viewerBytes)} to players,\n${bytesText(agent.peerSentBytes)} to agents`;
    for (const [i, bytes] of [agent.viewerBytes, agent.peerSentBytes, agent.originBytes].entries()) {
      const bar = bars[i];
      if (bar) bar.style.width = `${(100 * bytes) / most}%`;
    }
    const action = agent.state === 'dead' ? 'start' : 'kill';
    button.textContent = agent.state === 'starting' ? 'starting' : action === 'kill' ? 'Kill' : 'Restart';
    button.disabled = agent.state === 'starting';
    button.dataset.action = action;
    button.setAttribute('aria-label', `${button.textContent} ${agent.city}`);
  }
}

function moved(agent: AgentStatus): number {
  return agent.viewerBytes + agent.peerSentBytes + agent.originBytes;
}
