// What can be made to go wrong, as data: a rule says which requests it hits and what happens to them. Read strictly, since
// a misspelt fault that is quietly ignored makes a test that proves nothing. For each request the first rule that fires
// counts, one rule may carry several effects (slow and cut short), and those that exclude each other are refused.

export const rulesMax = 100;

export interface FaultRule {
  /** Paths that begin with this; '/' is all of them. Exactly one of match and regexp is given. */
  readonly match?: string;
  /** Paths (without the query) in which this finds something. */
  readonly regexp?: string;
  /** Fires for each request with this probability (0 to 1). */
  readonly probability?: number;
  /** Fires for every n-th request that matches. */
  readonly every?: number;
  /** Fires at most so often. */
  readonly limit?: number;

  /** Waits before the answer. */
  readonly latencyMs?: number;
  /** Sends the body no faster than this. */
  readonly bandwidthBytesPerS?: number;
  /** Answers with this status (400 to 599) instead of the object. */
  readonly status?: number;
  /** Sends so many bytes of the body, then nothing: the connection stays open. */
  readonly stallAfterBytes?: number;
  /** Sends so many bytes of the body, then cuts the connection. */
  readonly truncateAfterBytes?: number;
  /** Claims a Content-Length that is so much larger (or smaller) than the body that is sent, then closes. */
  readonly wrongLengthBytes?: number;
  /** Resets the connection without an answer; a rule without conditions for '/' resets the open ones too. */
  readonly outage?: true;
}

/** What a rule does to one request: its effects without its conditions. */
export type FaultEffect = Pick<
  FaultRule,
  | 'latencyMs'
  | 'bandwidthBytesPerS'
  | 'status'
  | 'stallAfterBytes'
  | 'truncateAfterBytes'
  | 'wrongLengthBytes'
  | 'outage'
>;

export class FaultRuleError extends Error {}

const numbers: Record<string, { min: number; max: number; whole: boolean }> = {
  probability: { min: 0, max: 1, whole: false },
  every: { min: 1, max: 1_000_000, whole: true },
  limit: { min: 1, max: 1_000_000_000, whole: true },
  latencyMs: { min: 0, max: 600_000, whole: true },
  bandwidthBytesPerS: { min: 1, max: 100_000_000_000, whole: true },
  status: { min: 400, max: 599, whole: true },
  stallAfterBytes: { min: 0, max: 2 ** 40, whole: true },
  truncateAfterBytes: { min: 0, max: 2 ** 40, whole: true },
  wrongLengthBytes: { min: -(2 ** 40), max: 2 ** 40, whole: true },
};
const bodyEffects = ['bandwidthBytesPerS', 'stallAfterBytes', 'truncateAfterBytes', 'wrongLengthBytes'];
const effects = ['latencyMs', 'status', 'outage', ...bodyEffects];
const exclusions: readonly (readonly [string, readonly string[]])[] = [
  ['outage', ['latencyMs', 'status', ...bodyEffects]],
  ['status', bodyEffects],
  ['stallAfterBytes', ['truncateAfterBytes', 'wrongLengthBytes']],
  ['truncateAfterBytes', ['wrongLengthBytes']],
  ['probability', ['every']],
];

/** Checks a list of rules as it came from JSON. Throws FaultRuleError with one sentence that names the rule. */
export function parseFaultRules(value: unknown): FaultRule[] {
  if (!Array.isArray(value)) throw new FaultRuleError('expected a list of fault rules, e.g. [{"match":"/"}]');
  if (value.length > rulesMax) {
    throw new FaultRuleError(`expected at most ${rulesMax} fault rules, got ${value.length}`);
  }
  return value.map((rule, index) => parseRule(rule, `rule ${index}`));
}

function parseRule(value: unknown, where: string): FaultRule {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FaultRuleError(`${where}: expected an object, got ${JSON.stringify(value)}`);
  }
  const fields = Object.entries(value);
  for (const [name, field] of fields) checkField(name, field, where);
  const has = (name: string): boolean => Object.hasOwn(value, name);
  if (has('match') === has('regexp')) {
    throw new FaultRuleError(`${where}: expected either match (a path prefix) or regexp`);
  }
  if (!effects.some(has)) {
    throw new FaultRuleError(`${where}: expected at least one effect of ${effects.join(', ')}`);
  }
  for (const [name, others] of exclusions) {
    const clash = has(name) ? others.find(has) : undefined;
    if (clash !== undefined) throw new FaultRuleError(`${where}: ${name} and ${clash} exclude each other`);
  }
  return Object.fromEntries(fields) as FaultRule;
}

function checkField(name: string, field: unknown, where: string): void {
  const got = `got ${JSON.stringify(field)}`;
  if (name === 'match') {
    if (typeof field !== 'string' || !field.startsWith('/')) {
      throw new FaultRuleError(`${where}: match is a path prefix that starts with '/', ${got}`);
    }
  } else if (name === 'regexp') {
    checkRegexp(field, where);
  } else if (name === 'outage') {
    if (field !== true) throw new FaultRuleError(`${where}: outage is true or left out, ${got}`);
  } else {
    const bounds = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
    if (bounds === undefined) throw new FaultRuleError(`${where}: unknown field '${name}'`);
    const { min, max, whole } = bounds;
    if (typeof field !== 'number' || !(field >= min && field <= max) || (whole && !Number.isInteger(field))) {
      const kind = whole ? 'a whole number' : 'a number';
      throw new FaultRuleError(`${where}: ${name} is ${kind} from ${min} to ${max}, ${got}`);
    }
  }
}

function checkRegexp(field: unknown, where: string): void {
  if (typeof field !== 'string' || field === '' || field.length > 200) {
    throw new FaultRuleError(`${where}: regexp is a text of 1 to 200 characters`);
  }
  try {
    new RegExp(field);
  } catch (cause) {
    throw new FaultRuleError(`${where}: regexp does not parse: ${(cause as Error).message}`, { cause });
  }
}
