// What is wrong with an option or with the agents, told once on the console with a code that can be searched for.
// None of it stops playback: what is not usable is left out, and without agents hls.js plays as it always does.

export const PROBLEM_CODES = [
  'option-unknown',
  'option-invalid',
  'no-agents-given',
  'agents-unreachable',
  'not-hls',
  'listener-failed',
  'no-service-worker',
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
}

export function problemText({ code, message }: Problem): string {
  return `ringcast [${code}] ${message}`;
}
