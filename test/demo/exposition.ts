// Reads what an agent's /metrics says (the Prometheus text format), as far as the demo needs it: sums of a metric over
// its series, or over those with one label value. Escapes in label values are not undone: no label here has any.

export class Exposition {
  readonly #series = new Map<string, { readonly labels: string; readonly value: number }[]>();

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const match = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/i.exec(line);
      if (match === null) continue;
      const [, name = '', labels = '', number] = match;
      const value = Number(number);
      if (!Number.isFinite(value)) continue;
      const rows = this.#series.get(name) ?? [];
      rows.push({ labels: `,${labels},`, value });
      this.#series.set(name, rows);
    }
  }

  /** @returns the sum over the series that carry every given label; 0 where there is none */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const wanted = Object.entries(labels).map(([label, value]) => `,${label}="${value}",`);
    return (this.#series.get(name) ?? [])
      .filter((row) => wanted.every((label) => row.labels.includes(label)))
      .reduce((sum, row) => sum + row.value, 0);
  }
}
