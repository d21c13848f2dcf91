import { describe, expect, it } from 'vitest';
import { type Exchange, invalidated, isUnsafe } from '../../../../agent/edge/policy/invalidation.ts';
import { type OriginBase, parseOriginBase } from '../../../../agent/edge/policy/origin-base.ts';
import { resolveTarget } from '../../../../agent/edge/policy/reference.ts';
import { fields } from '../exchanges.ts';

function base(address: string, mount = ''): OriginBase {
  const parsed = parseOriginBase(address, mount);
  if (parsed === undefined) throw new Error(`no base: ${address}`);
  return parsed;
}

const emptied = (lines: string[], over: Partial<Exchange> = {}): string[] =>
  invalidated({
    method: 'POST',
    target: '/a/b?c',
    host: 'edge.example:8080',
    status: 200,
    headers: fields(...lines),
    origin: base('http://media.example'),
    ...over,
  });

describe('an unsafe request', () => {
  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'M-SEARCH', 'get'])(
    '%s invalidates its target when it succeeds',
    (method) => {
      expect(isUnsafe(method)).toBe(true);
      expect(emptied([], { method })).toEqual(['/a/b?c']);
      expect(emptied([], { method, status: 303 })).toEqual(['/a/b?c']);
    },
  );

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE'])('is not %s', (method) => {
    expect(emptied([], { method })).toEqual([]);
  });

  it('that fails invalidates nothing', () => {
    expect(emptied(['Location: /x'], { status: 500 })).toEqual([]);
    expect(emptied([], { status: 404 })).toEqual([]);
  });

  it('invalidates what Location and Content-Location name on the same origin', () => {
    expect(emptied(['Location: /x', 'Content-Location: ../y?z#f'])).toEqual(['/a/b?c', '/x', '/y?z']);
    expect(emptied(['Location: http://MEDIA.example:80/x'])).toContain('/x');
    expect(emptied(['Location: //media.example/x'])).toContain('/x');
    expect(emptied(['Location: http://edge.example:8080/x'])).toContain('/x');
  });

  it('leaves what they name elsewhere', () => {
    for (const other of [
      'http://other.example/x',
      '//other.example/x',
      'https://media.example/x',
      'mailto:a@b',
    ]) {
      expect(emptied([`Location: ${other}`])).toEqual(['/a/b?c']);
    }
  });

  it("reads the origin's paths below its base", () => {
    const origin = base('http://media.example/prefix');
    expect(emptied(['Location: /prefix/x', 'Content-Location: /other'], { origin })).toEqual([
      '/a/b?c',
      '/x',
    ]);
  });
});

it('resolves references as RFC 3986 does', () => {
  const from = '/b/c/d;p?q';
  const cases: [string, string][] = [
    ['g', '/b/c/g'],
    ['./g', '/b/c/g'],
    ['g/', '/b/c/g/'],
    ['/g', '/g'],
    ['?y', '/b/c/d;p?y'],
    ['g?y', '/b/c/g?y'],
    ['#s', '/b/c/d;p?q'],
    ['', '/b/c/d;p?q'],
    ['.', '/b/c/'],
    ['..', '/b/'],
    ['../g', '/b/g'],
    ['../../../g', '/g'],
    ['/./g', '/g'],
    ['g.', '/b/c/g.'],
    ['..g', '/b/c/..g'],
    ['./g/.', '/b/c/g/'],
    ['g;x=1/../y', '/b/c/y'],
    ['g?y/../x', '/b/c/g?y/../x'],
    ['g#s/../x', '/b/c/g'],
  ];
  for (const [reference, target] of cases) expect(resolveTarget(from, reference)).toBe(target);
});
