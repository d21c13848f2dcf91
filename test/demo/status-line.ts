// The terminal's line: refreshed in place where there is a terminal, a line every few seconds where there is none.

import { bytesText, shareText } from './bytes.ts';
import type { Status } from './status.ts';

const PLAIN_EVERY_S = 5;

export class StatusLine {
  readonly #out: NodeJS.WriteStream;
  #shown = false;
  #plainAtS = Number.NEGATIVE_INFINITY;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  show(status: Status): void {
    const text = statusText(status);
    if (this.#out.isTTY) {
      this.#out.write(`\r${text.slice(0, this.#out.columns - 1)}\x1b[K`);
      this.#shown = true;
    } else if (status.upS >= this.#plainAtS + PLAIN_EVERY_S - 0.5) {
      this.#plainAtS = status.upS;
      this.#out.write(`${text}\n`);
    }
  }

  /** Something else to say: on lines of its own. */
  say(text: string): void {
    this.clear();
    this.#out.write(`${text}\n`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#shown) this.#out.write('\r\x1b[K');
    this.#shown = false;
  }
}

export function statusText({ upS, totals, agents, viewers }: Status): string {
  const running = agents.filter((agent) => agent.state === 'running').length;
  // What matters most comes first: a narrow terminal cuts the rest off.
  return [
    `${Math.floor(upS)} s`,
    `agents ${running}/${agents.length}`,
    `player requests ${totals.requests}`,
    `offload ${shareText(totals.offload)}`,
    `origin ${totals.originFetches} fetches ${bytesText(totals.originBytes)}`,
    `peers ${bytesText(totals.peerBytes)}`,
    `players ${bytesText(totals.viewerBytes)}`,
    ...(viewers > 0 ? [`viewers ${viewers}`] : []),
  ].join('  ');
}
