// PROTOCOL.md says what the codec does.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROTOCOL_FILE, TABLES, withTables } from './protocol-tables.ts';

const document = readFileSync(PROTOCOL_FILE, 'utf8');

describe('PROTOCOL.md', () => {
  it('holds the table of every message and part, once, and no other', () => {
    const named = [...document.matchAll(/<!-- fields: (.+?) -->/g)].map((match) => match[1]);
    expect(named.sort()).toEqual([...TABLES.keys()].sort());
  });

  it('has the tables that the codec has: else run `node test/tidy/protocol-tables.ts --write`', () => {
    expect(document).toBe(withTables(document));
  });
});
