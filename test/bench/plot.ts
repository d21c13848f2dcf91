// Draws the tables of a benchmark into one HTML file that needs nothing else: bars as SVG, and the figures as text.
//
// One small chart for each column, because the columns of a table have different units. No library: bars of a handful
// of servers are rectangles, and a page without scripts opens anywhere and for ever.

import type { FigureReport } from '../figures.ts';
import type { Table } from './bench.ts';
import { shown } from './terminal.ts';

const WIDTH = 460;
const LABEL_WIDTH = 190;
const NUMBER_WIDTH = 60;
const BAR_HEIGHT = 20;
const GAP = 6;

export function plotPage(tables: readonly Table[], report: FigureReport): string {
  const { command, commit, machine } = report;
  const peers = Object.entries(machine.peers).map(([name, version]) => `, ${name} ${version}`);
  const about = `${command}, commit ${commit}, ${machine.cpus} cores, node ${machine.node}${peers.join('')}`;
  const rows = report.figures.map(({ name, value, unit, goal, pass }) => {
    const verdict = goal === undefined ? '' : `${goal}: ${pass === true ? 'met' : 'missed'}`;
    return `<tr><td>${escaped(name)}</td><td>${shown(value)}</td><td>${escaped(unit)}</td><td>${escaped(verdict)}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escaped(command)}</title>
<style>
  body { font: 14px system-ui, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em; color: #1b1f24 }
  section div { display: flex; flex-wrap: wrap; gap: 1em 2em }
  td { padding: 0.15em 1.5em 0.15em 0 } td:nth-child(2) { text-align: right }
  text { font: 12px system-ui, sans-serif; fill: #1b1f24 } h3 { font-size: 13px; font-weight: 600; margin: 0 0 0.3em }
</style>
<h1>${escaped(command)}</h1><p>${escaped(about)}</p>
<table>${rows.join('')}</table>
${tables.map(section).join('\n')}
</html>
`;
}

function section(table: Table): string {
  const charts = table.columns.slice(1).map((column, at) => {
    const bars = table.rows.map(([name, ...numbers]) => ({ name, value: numbers[at] }));
    return `<figure style="margin:0"><h3>${escaped(column)}</h3>${chart(bars)}</figure>`;
  });
  return `<section><h2>${escaped(table.title)}</h2><div>${charts.join('')}</div></section>`;
}

/** Bars from zero; one below zero is drawn as none, with its number. */
function chart(bars: readonly { readonly name: string; readonly value: number | undefined }[]): string {
  const most = Math.max(...bars.map(({ value }) => value ?? 0), Number.MIN_VALUE);
  const room = WIDTH - LABEL_WIDTH - NUMBER_WIDTH;
  const drawn = bars.map(({ name, value }, index) => {
    const y = index * (BAR_HEIGHT + GAP);
    const length = Math.max(0, ((value ?? 0) / most) * room);
    const colour = name.startsWith('ringcast') ? '#d1495b' : '#5b7fa6';
    const middle = y + BAR_HEIGHT / 2 + 4;
    return (
      `<text x="0" y="${middle}">${escaped(name)}</text>` +
      `<rect x="${LABEL_WIDTH}" y="${y}" width="${length.toFixed(1)}" height="${BAR_HEIGHT}" fill="${colour}"/>` +
      `<text x="${(LABEL_WIDTH + length + 5).toFixed(1)}" y="${middle}">${shown(value)}</text>`
    );
  });
  const height = bars.length * (BAR_HEIGHT + GAP);
  return `<svg width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">${drawn.join('')}</svg>`;
}

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
