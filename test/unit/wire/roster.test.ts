// The roster's parser reads what agents say and refuses everything else, without ever throwing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as limits from '../../../agent/wire/limits.ts';
import { parseRoster, type Roster, type RosterAgent } from '../../../agent/wire/roster.ts';
import { berlin, claimOf, someId } from './example.ts';

const agent: RosterAgent = {
  id: someId(1),
  region: berlin,
  ring: claimOf(someId(1)).ring,
  url: 'http://edge-1.example:8080',
  load: 0.25,
  weight: 100,
};
const webtransport = {
  url: 'https://edge-1.example:8443/ringcast',
  certificateHashes: ['ab'.repeat(32), '01'.repeat(32)],
};
const roster: Roster = {
  version: 1,
  agent,
  near: [
    { ...agent, webtransport },
    { ...agent, id: someId(2), url: 'https://[2001:db8::1]:443' },
  ],
  elsewhere: [{ ...agent, id: someId(3) }],
  origins: [{ id: 'main', base: 'https://origin.example/live' }],
  ignoredQuery: ['CMCD', 'utm_*'],
  ttlMs: 10_000,
};
const reasonOf = (value: unknown): string => {
  const decoded = parseRoster(typeof value === 'string' ? value : JSON.stringify(value));
  return decoded.ok ? 'accepted' : decoded.reason;
};
const many = (count: number): RosterAgent[] => Array.from({ length: count }, () => agent);

describe('a roster', () => {
  it('reads back as it was written', () => {
    expect(parseRoster(JSON.stringify(roster))).toEqual({ ok: true, value: roster });
  });

  it('may hold members that this version does not know, which are left out', () => {
    const grown = { ...roster, later: { deep: [1] }, agent: { ...agent, later: 1 } };
    expect(parseRoster(JSON.stringify(grown))).toEqual({ ok: true, value: roster });
  });

  it.each([
    ['nothing', '', 'bad-json'],
    ['no JSON', '{"version":1', 'bad-json'],
    ['null', 'null', 'bad-json'],
    ['an array', '[]', 'bad-json'],
    ['a number', '7', 'bad-json'],
    ['deep nesting', '['.repeat(100_000), 'bad-json'],
    ['too many characters', ' '.repeat(limits.ROSTER_BYTES_MAX + 1), 'too-long'],
    ['another version', { ...roster, version: 2 }, 'bad-version'],
    ['no version', { ...roster, version: undefined }, 'bad-version'],
    ['a version as text', { ...roster, version: '1' }, 'bad-version'],
    ['no agent', { ...roster, agent: undefined }, 'bad-json'],
    ['an agent with a malformed id', { ...roster, agent: { ...agent, id: 'x' } }, 'bad-json'],
    ['an agent with an id in capitals', { ...roster, agent: { ...agent, id: 'A'.repeat(64) } }, 'bad-json'],
    ['a URL that is script', { ...roster, agent: { ...agent, url: 'javascript:alert(1)' } }, 'bad-json'],
    ['a URL with credentials', { ...roster, agent: { ...agent, url: 'http://u:p@edge' } }, 'bad-json'],
    ['a URL with a path', { ...roster, agent: { ...agent, url: 'http://edge/x' } }, 'bad-json'],
    ['a URL with a line break', { ...roster, agent: { ...agent, url: 'http://edge\n' } }, 'bad-json'],
    ['a region above its parent', { ...roster, agent: { ...agent, region: '../eu' } }, 'bad-json'],
    ...[
      ['no URL of sessions', { url: undefined }],
      ['sessions without TLS', { url: 'http://edge-1.example:8443/ringcast' }],
      ['sessions on another path', { url: 'https://edge-1.example:8443/ringcast/x' }],
      ['sessions with credentials', { url: 'https://u:p@edge-1.example/ringcast' }],
      ['no certificate hash', { certificateHashes: [] }],
      ['more hashes than certificates', { certificateHashes: Array(5).fill('ab'.repeat(32)) }],
      ['a short hash', { certificateHashes: ['ab'.repeat(31)] }],
      ['a hash in capitals', { certificateHashes: ['AB'.repeat(32)] }],
      ['a hash as bytes', { certificateHashes: [[1, 2, 3]] }],
    ].map(([what, wrong]): [string, unknown, string] => [
      what as string,
      { ...roster, agent: { ...agent, webtransport: { ...webtransport, ...(wrong as object) } } },
      'bad-json',
    ]),
    ['sessions as text', { ...roster, agent: { ...agent, webtransport: 'https://edge' } }, 'bad-json'],
    ['a load over one', { ...roster, agent: { ...agent, load: 1.1 } }, 'bad-json'],
    ['a load that is no number', { ...roster, agent: { ...agent, load: '0' } }, 'bad-json'],
    ['a negative weight', { ...roster, agent: { ...agent, weight: -1 } }, 'bad-json'],
    ['too many near', { ...roster, near: many(limits.MEMBERS_MAX + 1) }, 'bad-json'],
    ['too many elsewhere', { ...roster, elsewhere: many(limits.CONTACTS_MAX + 1) }, 'bad-json'],
    ['near that is no list', { ...roster, near: { length: 1 } }, 'bad-json'],
    ['a hole in near', { ...roster, near: [agent, null] }, 'bad-json'],
    ['an origin that is no URL', { ...roster, origins: [{ id: 'x', base: 'file:///etc' }] }, 'bad-json'],
    ['an origin with a query', { ...roster, origins: [{ id: 'x', base: 'http://o/?q' }] }, 'bad-json'],
    ['an origin without a name', { ...roster, origins: [{ id: '', base: 'http://o' }] }, 'bad-json'],
    ['a query name that is no text', { ...roster, ignoredQuery: [1] }, 'bad-json'],
    ['no life', { ...roster, ttlMs: undefined }, 'out-of-range'],
    ['an endless life', { ...roster, ttlMs: 1e12 }, 'out-of-range'],
    ['a negative life', { ...roster, ttlMs: -1 }, 'out-of-range'],
  ])('is refused with %s', (_, value, reason) => expect(reasonOf(value)).toBe(reason));

  it('at its limits is read', () => {
    const full = { ...roster, near: many(limits.MEMBERS_MAX), elsewhere: many(limits.CONTACTS_MAX) };
    expect(reasonOf(full)).toBe('accepted');
  });

  it('never throws, whatever the text is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseRoster(text)),
      { numRuns: 1000 },
    );
  });

  it('never throws with any value in any place, and reads back what it accepts', () => {
    const places = Object.keys(roster) as (keyof Roster)[];
    const inAgent = Object.keys(agent) as (keyof RosterAgent)[];
    fc.assert(
      fc.property(
        fc.constantFrom(...places),
        fc.constantFrom(...inAgent),
        fc.jsonValue(),
        (place, part, value) => {
          for (const changed of [
            { ...roster, [place]: value },
            { ...roster, near: [{ ...agent, [part]: value }] },
          ]) {
            const decoded = parseRoster(JSON.stringify(changed));
            if (decoded.ok) expect(parseRoster(JSON.stringify(decoded.value))).toEqual(decoded);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
