// Writes the tables of agent/wire/PROTOCOL.md from the codec's rows: `node test/tidy/protocol-tables.ts --write`.
//
// The document holds a pair of comments around each table, `<!-- fields: probe -->` and `<!-- end -->`; what stands
// between them is replaced. protocol.test.ts holds the document equal to what this writes.
import { readFileSync, writeFileSync } from 'node:fs';
import { PARTS, ROWS } from '../../agent/wire/codec.ts';
import * as limits from '../../agent/wire/limits.ts';
import { REJECT_REASONS } from '../../agent/wire/reject.ts';

export const PROTOCOL_FILE: URL = new URL('../../agent/wire/PROTOCOL.md', import.meta.url);

/** Names of the tables that the document must hold, once each. */
export const TABLES: ReadonlyMap<string, string> = new Map([
  ...ROWS.map(({ kind, type, table }): [string, string] => [
    kind,
    `Type \`${hex(type)}\`.\n\n${fieldTable(table)}`,
  ]),
  ...PARTS.map(([name, table]): [string, string] => [name, fieldTable(table)]),
  ['limits', limitTable()],
  ['reasons', REJECT_REASONS.map((reason, index) => `${index} \`${reason}\``).join(', ')],
]);

/** @returns the document with every table as the codec has it */
export function withTables(document: string): string {
  return document.replace(/<!-- fields: (.+?) -->\n[\s\S]*?<!-- end -->/g, (block, name: string) => {
    const table = TABLES.get(name);
    return table === undefined ? block : `<!-- fields: ${name} -->\n${table}\n<!-- end -->`;
  });
}

function fieldTable(fields: readonly (readonly [string, string])[]): string {
  return ['| field | bytes |', '|---|---|', ...fields.map(([name, shape]) => `| ${name} | ${shape} |`)].join(
    '\n',
  );
}

function limitTable(): string {
  const sorted = Object.entries(limits).sort(([one], [other]) => (one < other ? -1 : 1));
  const rows = sorted.map(([name, value]) => `| ${name} | ${value} |`);
  return ['| limit | value |', '|---|---|', ...rows].join('\n');
}

function hex(type: number): string {
  return `0x${type.toString(16).padStart(2, '0')}`;
}

if (process.argv[1] === new URL(import.meta.url).pathname && process.argv.includes('--write')) {
  writeFileSync(PROTOCOL_FILE, withTables(readFileSync(PROTOCOL_FILE, 'utf8')));
}
