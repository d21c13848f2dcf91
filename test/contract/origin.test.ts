import { describe, expect, test } from 'vitest';
import { UndiciOrigin } from '../../agent/adapters/origin/undici-origin.ts';
import { originContract } from './origin.ts';
import type { OriginUnderTest } from './origin-bench.ts';
import { originFailureContract } from './origin-failures.ts';

const undici: OriginUnderTest = {
  open: (base, limits) => {
    const origin = new UndiciOrigin({ base, ...limits });
    return { origin, close: (done) => origin.close(done) };
  },
};

describe('UndiciOrigin', () => {
  originContract(undici);
  originFailureContract(undici);

  test.each(['ftp://a.example', 'a.example', 'http://a.example/?q=1', 'http://user:secret@a.example'])(
    'refuses %s as a base, with a code and a sentence',
    (base) => {
      const expected = { code: 'bad-origin', message: expect.stringContaining('expected an origin such as') };
      expect(() => new UndiciOrigin({ base })).toThrow(expect.objectContaining(expected));
    },
  );
});
