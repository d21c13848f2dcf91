// The CA and certificates that `ringcast init` makes, and every way in which an agent's folder can be wrong.
import { X509Certificate } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initCluster, issueAgents } from '../../../agent/adapters/identity/cluster.ts';
import { loadIdentity } from '../../../agent/adapters/identity/identity.ts';
import { RingcastError } from '../../../agent/adapters/ringcast-error.ts';
import type { Region } from '../../../agent/wire/ids.ts';

const DAY_MS = 86_400_000;
const region = 'eu/de/ber' as Region;
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringcast-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const make = (folder = 'cluster', days?: number): string => {
  const directory = join(root, folder);
  initCluster({ directory, operator: 'example', agents: [{ name: 'a1', region }], days });
  return directory;
};

/** The code of the error that the work throws, with its message checked to say something to do. */
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (!(error instanceof RingcastError)) throw error;
    expect(error.message).toMatch(/: \S/);
    return error.code;
  }
  return 'nothing thrown';
};

describe('a new cluster', () => {
  it('gives every agent a certificate whose key is its id, signed by the CA', () => {
    const directory = join(root, 'cluster');
    const agents = [
      { name: 'a1', region },
      { name: 'a2', region },
    ];
    const issued = initCluster({ directory, operator: 'example', agents });
    const ca = new X509Certificate(loadIdentity(join(directory, 'a1')).ca);
    expect(ca.ca).toBe(true);
    for (const { name, id, directory: folder } of issued) {
      const identity = loadIdentity(folder);
      const own = new X509Certificate(identity.cert);
      expect(identity.id).toBe(id);
      expect(identity.idOf(own)).toBe(id);
      expect(own.ca).toBe(false);
      expect(own.verify(ca.publicKey)).toBe(true);
      expect(own.subject).toBe(`CN=${name}`);
      expect(own.subjectAltName).toBe(`URI:spiffe://example/region/eu/de/ber/agent/${id}`);
    }
    expect(issued[0]?.id).not.toBe(issued[1]?.id);
  });

  it('keeps private keys to their owner', () => {
    const directory = make();
    for (const file of ['ca-key.pem', 'a1/agent-key.pem']) {
      expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
    }
  });

  it('issues for a day, or for as many days as asked', () => {
    const life = (directory: string): number => loadIdentity(join(directory, 'a1')).expiresMs - Date.now();
    expect(Math.round(life(make('short')) / DAY_MS)).toBe(1);
    expect(Math.round(life(make('long', 12)) / DAY_MS)).toBe(12);
  });

  it('encodes dates past 2049', () => {
    expect(loadIdentity(join(make('far', 36_500), 'a1')).expiresMs).toBeGreaterThan(Date.UTC(2100, 0));
  });

  it('is refused where there is a CA already, which stays as it was', () => {
    const directory = make();
    const before = loadIdentity(join(directory, 'a1')).ca;
    expect(codeOf(() => make())).toBe('cluster-exists');
    expect(loadIdentity(join(directory, 'a1')).ca).toBe(before);
  });

  it.each(['../x', '', 'a/b', '.hidden', 'a b', 'x'.repeat(64)])('refuses the agent name %j', (name) => {
    const order = { directory: join(root, 'c'), operator: 'example', agents: [{ name, region }] };
    expect(codeOf(() => initCluster(order))).toBe('cluster-bad-name');
  });
});

describe('issuing again', () => {
  it('renews the certificate and keeps the key, which is the id', () => {
    const directory = make();
    const before = loadIdentity(join(directory, 'a1'));
    issueAgents({ directory, agents: [{ name: 'a1', region }], days: 7 });
    const after = loadIdentity(join(directory, 'a1'));
    expect(after.id).toBe(before.id);
    expect(after.expiresMs).toBeGreaterThan(before.expiresMs);
  });

  it('needs the CA', () => {
    expect(codeOf(() => issueAgents({ directory: root, agents: [{ name: 'a1', region }] }))).toBe(
      'cluster-missing',
    );
  });
});

describe('loading an identity', () => {
  it('says which file is missing', () => {
    expect(codeOf(() => loadIdentity(join(root, 'nowhere')))).toBe('identity-missing');
  });

  it.each(['agent.pem', 'agent-key.pem', 'ca.pem'])('refuses a %s that is not PEM', (file) => {
    const folder = join(make(), 'a1');
    writeFileSync(join(folder, file), 'hello');
    expect(codeOf(() => loadIdentity(folder))).toBe('identity-malformed');
  });

  it('refuses a key that is not the certified one', () => {
    const [mine, other] = [make('one'), make('two')];
    cpSync(join(other, 'a1/agent-key.pem'), join(mine, 'a1/agent-key.pem'));
    expect(codeOf(() => loadIdentity(join(mine, 'a1')))).toBe('identity-mismatch');
  });

  it('refuses a certificate of another CA', () => {
    const [mine, other] = [make('one'), make('two')];
    cpSync(join(other, 'ca.pem'), join(mine, 'a1/ca.pem'));
    expect(codeOf(() => loadIdentity(join(mine, 'a1')))).toBe('identity-untrusted');
  });

  it("refuses a certificate whose signature is not the CA's, though it names the CA", () => {
    const folder = join(make(), 'a1');
    const file = join(folder, 'agent.pem');
    const raw = new X509Certificate(readFileSync(file)).raw;
    raw[raw.length - 20] = (raw[raw.length - 20] ?? 0) ^ 1;
    writeFileSync(
      file,
      `-----BEGIN CERTIFICATE-----\n${raw.toString('base64')}\n-----END CERTIFICATE-----\n`,
    );
    expect(codeOf(() => loadIdentity(folder))).toBe('identity-untrusted');
  });

  it('refuses a certificate outside its dates', () => {
    const folder = join(make(), 'a1');
    expect(codeOf(() => loadIdentity(folder, Date.now() + 2 * DAY_MS))).toBe('identity-expired');
    expect(codeOf(() => loadIdentity(folder, Date.now() - DAY_MS))).toBe('identity-early');
  });
});
