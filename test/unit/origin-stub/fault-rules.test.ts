// Fault rules as data (what is taken, what is refused and how it is said), and which rule hits which request.
import { describe, expect, it } from 'vitest';
import {
  type FaultRule,
  FaultRuleError,
  parseFaultRules,
  rulesMax,
} from '../../../origin-stub/fault-rules.ts';
import { Faults, seededRandom } from '../../../origin-stub/faults.ts';

describe('a list of fault rules', () => {
  it('is taken as it is when every rule makes sense', () => {
    const rules: FaultRule[] = [
      { match: '/live/', latencyMs: 100, bandwidthBytesPerS: 1000, truncateAfterBytes: 0, limit: 3 },
      { regexp: 'seg-\\d+', status: 503, latencyMs: 5, every: 2 },
      { match: '/', outage: true },
      { match: '/a', wrongLengthBytes: -5, probability: 0.5 },
      { match: '/b', stallAfterBytes: 10, bandwidthBytesPerS: 5 },
    ];
    expect(parseFaultRules(rules)).toEqual(rules);
    expect(parseFaultRules([])).toEqual([]);
  });

  it.each([
    [{}, 'expected a list of fault rules, e.g. [{"match":"/"}]'],
    [['x'], 'rule 0: expected an object, got "x"'],
    [[null], 'rule 0: expected an object, got null'],
    [[{ latencyMs: 5 }], 'rule 0: expected either match (a path prefix) or regexp'],
    [[{ match: '/', regexp: 'x', latencyMs: 5 }], 'rule 0: expected either match (a path prefix) or regexp'],
    [[{ match: 'live', latencyMs: 5 }], 'rule 0: match is a path prefix that starts with \'/\', got "live"'],
    [[{ regexp: '', latencyMs: 5 }], 'rule 0: regexp is a text of 1 to 200 characters'],
    [[{ match: '/' }], /^rule 0: expected at least one effect of latencyMs, status/],
    [[{ match: '/', limit: 3 }], /at least one effect/],
    [
      [
        { match: '/', latencyMs: 5 },
        { match: '/', latency: 5 },
      ],
      "rule 1: unknown field 'latency'",
    ],
    [[{ match: '/', toString: 5 }], "rule 0: unknown field 'toString'"],
    [[{ match: '/', latencyMs: '5' }], 'rule 0: latencyMs is a whole number from 0 to 600000, got "5"'],
    [[{ match: '/', latencyMs: 0.5 }], /latencyMs is a whole number/],
    [[{ match: '/', latencyMs: -1 }], /latencyMs is a whole number/],
    [[{ match: '/', bandwidthBytesPerS: 0 }], /bandwidthBytesPerS is a whole number from 1/],
    [[{ match: '/', status: 200 }], 'rule 0: status is a whole number from 400 to 599, got 200'],
    [[{ match: '/', status: 503, probability: 1.5 }], 'rule 0: probability is a number from 0 to 1, got 1.5'],
    [[{ match: '/', status: 503, every: 0 }], /every is a whole number from 1/],
    [[{ match: '/', outage: false }], 'rule 0: outage is true or left out, got false'],
    [[{ match: '/', outage: true, latencyMs: 5 }], 'rule 0: outage and latencyMs exclude each other'],
    [
      [{ match: '/', status: 500, truncateAfterBytes: 5 }],
      'rule 0: status and truncateAfterBytes exclude each other',
    ],
    [
      [{ match: '/', stallAfterBytes: 5, truncateAfterBytes: 5 }],
      /stallAfterBytes and truncateAfterBytes exclude/,
    ],
    [[{ match: '/', status: 500, every: 2, probability: 0.5 }], /probability and every exclude each other/],
  ])('is refused with a sentence: %j', (rules, message) => {
    expect(() => parseFaultRules(rules)).toThrow(FaultRuleError);
    expect(() => parseFaultRules(rules)).toThrow(message);
  });

  it('is refused for a regular expression that does not parse, and past its maximum', () => {
    expect(() => parseFaultRules([{ regexp: '(', status: 500 }])).toThrow(/rule 0: regexp does not parse: /);
    const rule = { match: '/', status: 500 };
    expect(parseFaultRules(Array(rulesMax).fill(rule))).toHaveLength(rulesMax);
    expect(() => parseFaultRules(Array(rulesMax + 1).fill(rule))).toThrow('at most 100 fault rules, got 101');
  });
});

describe('the faults in force', () => {
  const faultsOf = (...rules: FaultRule[]): Faults => {
    const faults = new Faults(seededRandom(1));
    faults.set(rules);
    return faults;
  };
  const statuses = (faults: Faults, path: string, count: number): (number | undefined)[] =>
    Array.from({ length: count }, () => faults.pick(path)?.status);

  it('hit by prefix or by expression, the first rule first', () => {
    const faults = faultsOf(
      { match: '/a/', status: 500 },
      { regexp: 'b$', status: 501 },
      { match: '/', status: 502 },
    );
    expect(['/a/b', '/x/b', '/x', '/ab/'].map((path) => faults.pick(path)?.status)).toEqual([
      500, 501, 502, 502,
    ]);
    expect(faultsOf({ match: '/a/', status: 500 }).pick('/b/a/')).toBeUndefined();
  });

  it('hit every n-th match', () => {
    const faults = faultsOf({ match: '/', status: 500, every: 3 });
    expect(statuses(faults, '/', 7)).toEqual([
      undefined,
      undefined,
      500,
      undefined,
      undefined,
      500,
      undefined,
    ]);
  });

  it('are spent at their limit, and the next rule takes over', () => {
    const faults = faultsOf({ match: '/', status: 500, limit: 2 }, { match: '/', status: 501 });
    expect(statuses(faults, '/', 4)).toEqual([500, 500, 501, 501]);
    expect(faults.states().map(({ matched, fired }) => [matched, fired])).toEqual([
      [2, 2],
      [2, 2],
    ]);
  });

  it('hit with their probability, the same way for the same seed', () => {
    const rule: FaultRule = { match: '/', status: 500, probability: 0.3 };
    const first = statuses(faultsOf(rule), '/', 1000);
    expect(first).toEqual(statuses(faultsOf(rule), '/', 1000));
    const hits = first.filter((status) => status === 500).length;
    expect(hits).toBeGreaterThan(250);
    expect(hits).toBeLessThan(350);
    expect(statuses(faultsOf({ ...rule, probability: 0 }), '/', 50)).not.toContain(500);
    expect(statuses(faultsOf({ ...rule, probability: 1 }), '/', 50)).not.toContain(undefined);
  });

  it('are a total outage only when no condition leaves a way through', () => {
    expect(faultsOf({ match: '/', outage: true }).isTotalOutage()).toBe(true);
    expect(faultsOf({ match: '/live', outage: true }).isTotalOutage()).toBe(false);
    expect(faultsOf({ match: '/', outage: true, limit: 1 }).isTotalOutage()).toBe(false);
    expect(faultsOf({ match: '/', status: 500 }).isTotalOutage()).toBe(false);
  });

  it('start over when they are replaced', () => {
    const faults = faultsOf({ match: '/', status: 500, limit: 1 });
    faults.pick('/');
    faults.set([{ match: '/', status: 500, limit: 1 }]);
    expect(statuses(faults, '/', 2)).toEqual([500, undefined]);
    faults.set([]);
    expect(faults.pick('/')).toBeUndefined();
  });
});
