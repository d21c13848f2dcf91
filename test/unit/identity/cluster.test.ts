// The CA and certificates that `ringcast init` makes, and every way in which an agent's folder can be wrong.
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
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

const make = async (folder = 'cluster', days?: number): Promise<string> => {
  const directory = join(root, folder);
  await initCluster({ directory, operator: 'example', agents: [{ name: 'a1', region }], days });
  return directory;
};

/** The code of the error that the work fails with, with its message checked to say something to do. */
const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof RingcastError)) throw error;
    expect(error.message).toMatch(/: \S/);
    return error.code;
  }
  return 'nothing thrown';
};

describe('a new cluster', () => {
  it('gives every agent a certificate whose key is its id, signed by the CA', async () => {
    const directory = join(root, 'cluster');
    const agents = [
      { name: 'a1', region },
      { name: 'a2', region },
    ];
    const issued = await initCluster({ directory, operator: 'example', agents });
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

  it('keeps private keys to their owner', async () => {
    const directory = await make();
    for (const file of ['ca-key.pem', 'a1/agent-key.pem']) {
      expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
    }
  });

  it('issues for a day, or for as many days as asked', async () => {
    const lifeMs = (directory: string): number => loadIdentity(join(directory, 'a1')).expiresMs - Date.now();
    expect(Math.round(lifeMs(await make('short')) / DAY_MS)).toBe(1);
    expect(Math.round(lifeMs(await make('long', 12)) / DAY_MS)).toBe(12);
  });

  it('encodes dates past 2049', async () => {
    expect(loadIdentity(join(await make('far', 36_500), 'a1')).expiresMs).toBeGreaterThan(Date.UTC(2100, 0));
  });

  it('is refused where there is a CA already, which stays as it was', async () => {
    const directory = await make();
    const before = loadIdentity(join(directory, 'a1')).ca;
    expect(await codeOf(() => make())).toBe('cluster-exists');
    expect(loadIdentity(join(directory, 'a1')).ca).toBe(before);
  });

  it.each(['../x', '', 'a/b', '.hidden', 'a b', 'x'.repeat(64)])(
    'refuses the agent name %j',
    async (name) => {
      const order = { directory: join(root, 'c'), operator: 'example', agents: [{ name, region }] };
      expect(await codeOf(() => initCluster(order))).toBe('cluster-bad-name');
    },
  );
});

describe('issuing again', () => {
  it('renews the certificate and keeps the key, which is the id', async () => {
    const directory = await make();
    const before = loadIdentity(join(directory, 'a1'));
    await issueAgents({ directory, agents: [{ name: 'a1', region }], days: 7 });
    const after = loadIdentity(join(directory, 'a1'));
    expect(after.id).toBe(before.id);
    expect(after.expiresMs).toBeGreaterThan(before.expiresMs);
  });

  it('needs the CA', async () => {
    expect(await codeOf(() => issueAgents({ directory: root, agents: [{ name: 'a1', region }] }))).toBe(
      'cluster-missing',
    );
  });

  it('refuses a CA whose key is not Ed25519', async () => {
    const directory = await make();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(join(directory, 'ca-key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const again = { directory, agents: [{ name: 'a1', region }] };
    expect(await codeOf(() => issueAgents(again))).toBe('cluster-missing');
  });
});

describe('loading an identity', () => {
  it('says which file is missing', async () => {
    expect(await codeOf(() => loadIdentity(join(root, 'nowhere')))).toBe('identity-missing');
  });

  it.each(['agent.pem', 'agent-key.pem', 'ca.pem'])('refuses a %s that is not PEM', async (file) => {
    const folder = join(await make(), 'a1');
    writeFileSync(join(folder, file), 'hello');
    expect(await codeOf(() => loadIdentity(folder))).toBe('identity-malformed');
  });

  it('refuses a key that is not the certified one', async () => {
    const [mine, other] = [await make('one'), await make('two')];
    cpSync(join(other, 'a1/agent-key.pem'), join(mine, 'a1/agent-key.pem'));
    expect(await codeOf(() => loadIdentity(join(mine, 'a1')))).toBe('identity-mismatch');
  });

  it('refuses a certificate of another CA', async () => {
    const [mine, other] = [await make('one'), await make('two')];
    cpSync(join(other, 'ca.pem'), join(mine, 'a1/ca.pem'));
    expect(await codeOf(() => loadIdentity(join(mine, 'a1')))).toBe('identity-untrusted');
  });

  it("refuses a certificate whose signature is not the CA's, though it names the CA", async () => {
    const folder = join(await make(), 'a1');
    const file = join(folder, 'agent.pem');
    const raw = new X509Certificate(readFileSync(file)).raw;
    raw[raw.length - 20] = (raw[raw.length - 20] ?? 0) ^ 1;
    writeFileSync(
      file,
      `-----BEGIN CERTIFICATE-----\n${raw.toString('base64')}\n-----END CERTIFICATE-----\n`,
    );
    expect(await codeOf(() => loadIdentity(folder))).toBe('identity-untrusted');
  });

  it('refuses a certificate outside its dates', async () => {
    const folder = join(await make(), 'a1');
    expect(await codeOf(() => loadIdentity(folder, Date.now() + 2 * DAY_MS))).toBe('identity-expired');
    expect(await codeOf(() => loadIdentity(folder, Date.now() - DAY_MS))).toBe('identity-early');
  });
});
