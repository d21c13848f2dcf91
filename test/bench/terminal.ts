// A table in the terminal.

import type { Table } from './bench.ts';

/** @returns lines; the numbers of a column are aligned, a number that is not there is a dash */
export function tableLines(table: Table): string[] {
  const cells = [
    [...table.columns],
    ...table.rows.map(([name, ...numbers]) => [
      name,
      ...table.columns.slice(1).map((_, at) => shown(numbers[at])),
    ]),
  ];
  const widths = table.columns.map((_, column) =>
    Math.max(...cells.map((row) => (row[column] ?? '').length)),
  );
  const lines = cells.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  return [table.title, ...lines.map((line) => `  ${line}`)];
}

/** Three significant digits, or the whole number. */
export function shown(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '-';
  return Math.abs(value) >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(3);
}
