// The incarnation rises with every start, whatever the clock does.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextIncarnation } from '../../../agent/adapters/identity/incarnation.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringcast-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('nextIncarnation', () => {
  it('rises with every call, also when the clock stands still or jumps back', () => {
    const given = [5000, 5000, 1000, 9000].map((nowMs) => nextIncarnation(root, nowMs));
    expect(given).toEqual([5, 6, 7, 9]);
  });

  it('comes back newer after the file was lost', () => {
    const before = nextIncarnation(root, 5000);
    rmSync(join(root, 'incarnation'));
    expect(nextIncarnation(root, 6000)).toBeGreaterThan(before);
  });

  it('leaves no half-written file behind', () => {
    nextIncarnation(join(root, 'new'), 5000);
    expect(readdirSync(join(root, 'new'))).toEqual(['incarnation']);
  });

  it.each(['', '-1', '1.5', '1e9', '9'.repeat(16), `${2 ** 48}`])('refuses a file that holds %j', (text) => {
    writeFileSync(join(root, 'incarnation'), text);
    expect(() => nextIncarnation(root, 5000)).toThrow(/expected a whole number: delete it/);
  });

  it('says so where it cannot write', () => {
    writeFileSync(join(root, 'file'), '');
    expect(() => nextIncarnation(join(root, 'file'), 5000)).toThrow(/cannot (read|write)/);
  });
});
