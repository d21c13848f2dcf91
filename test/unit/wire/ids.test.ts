// Ids, regions, versions: what parses and what does not.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBaseUrl } from '../../../agent/wire/base-url.ts';
import { isAddress } from '../../../agent/wire/field.ts';
import {
  agentIdBytes,
  agentIdOf,
  parseAgentId,
  parseRegion,
  parseRingId,
  ringLevel,
  topLabel,
} from '../../../agent/wire/ids.ts';
import { compareAge } from '../../../agent/wire/record.ts';
import { commonVersion, VERSION_MAX, VERSION_MIN } from '../../../agent/wire/version.ts';
import { agentId, region, ringId } from './arbitrary.ts';

describe('an agent id', () => {
  it('is its 32 bytes and back', () => {
    fc.assert(
      fc.property(agentId, (id) => {
        expect(agentIdOf(agentIdBytes(id))).toBe(id);
        expect(parseAgentId(id)).toBe(id);
      }),
    );
  });
  it.each(['', 'ab', 'A'.repeat(64), 'g'.repeat(64), 'a'.repeat(63), 'a'.repeat(65), `${'a'.repeat(64)}\n`])(
    'is not %j',
    (text) => expect(parseAgentId(text)).toBeUndefined(),
  );
});

describe('a region', () => {
  it('parses as what it is, and its first label is its top', () => {
    fc.assert(
      fc.property(region, (path) => {
        const fits = path.length <= 64;
        expect(parseRegion(path)).toBe(fits ? path : undefined);
        expect(path.split('/')[0]).toBe(topLabel(path));
      }),
    );
  });
  it.each([
    '',
    '/',
    'eu/',
    '/eu',
    'EU',
    'eu//de',
    'eu de',
    'e_u',
    '-eu',
    '..',
    'a/b/c/d/e/f/g',
    'a'.repeat(65),
  ])('is not %j', (text) => expect(parseRegion(text)).toBeUndefined());
});

describe('a ring id', () => {
  it('parses as what it is and carries its level', () => {
    fc.assert(
      fc.property(ringId, (id) => {
        expect(parseRingId(id)).toBe(id);
        expect(ringLevel(id)).toBe(Number(id[0]));
      }),
    );
  });
  it.each([
    '',
    '0|eu|short',
    '0|eu|toolonggg',
    '10|eu|abcdefgh',
    '0|EU|abcdefgh',
    '0||abcdefgh',
    '0|eu|abcdefgh|',
    '0|eu/|abcdefgh',
  ])('is not %j', (text) => expect(parseRingId(text)).toBeUndefined());
});

describe('addresses and base URLs', () => {
  it.each([
    ['127.0.0.1:1', true],
    ['edge-1.example:65535', true],
    ['[::1]:80', true],
    ['edge', false],
    ['edge:0', false],
    ['edge:65536', false],
    [':80', false],
    ['::1:80', false],
    ['a b:80', false],
    ['a/b:80', false],
    ['u@h:80', false],
    ['h:80\n', false],
  ])('%j is an address: %s', (text, is) => expect(isAddress(text)).toBe(is));

  it.each([
    ['http://edge', true],
    ['https://[::1]:8443', true],
    ['HTTP://edge', false],
    ['http://edge/', false],
    ['http://edge?x', false],
    ['http://edge#x', false],
    ['http://u@edge', false],
    ['ws://edge', false],
    ['//edge', false],
  ])('%j is a base URL: %s', (text, is) => expect(isBaseUrl(text)).toBe(is));
});

describe('a common version', () => {
  it('is the highest that both speak, or none', () => {
    expect(commonVersion({ min: VERSION_MIN, max: VERSION_MAX })).toBe(VERSION_MAX);
    expect(commonVersion({ min: 0, max: 255 })).toBe(VERSION_MAX);
    expect(commonVersion({ min: VERSION_MAX + 1, max: 255 })).toBeUndefined();
    expect(commonVersion({ min: 0, max: VERSION_MIN - 1 })).toBeUndefined();
    expect(commonVersion({ min: 5, max: 0 })).toBeUndefined();
  });
});

it('records are as new as their incarnation, then their sequence', () => {
  const age = (incarnation: number, sequence: number): { incarnation: number; sequence: number } => ({
    incarnation,
    sequence,
  });
  expect(compareAge(age(2, 0), age(1, 9))).toBeGreaterThan(0);
  expect(compareAge(age(1, 1), age(1, 2))).toBeLessThan(0);
  expect(compareAge(age(1, 1), age(1, 1))).toBe(0);
});
