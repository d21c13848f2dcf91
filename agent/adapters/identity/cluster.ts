// Makes a cluster's certificate authority and issues its agents' certificates: what `ringcast init` does.
//
//     directory/ca.pem, ca-key.pem            the operator's; the key stays offline
//     directory/<name>/agent.pem, agent-key.pem, ca.pem    one agent's, to be copied to it
//
// Certificates are short-lived, so that a stolen one expires instead of being revoked: issue again with the same
// name, and the agent keeps its key, which is its id.

import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentId, Region } from '../../wire/ids.ts';
import { RingcastError } from '../ringcast-error.ts';
import { certificate } from './certificate.ts';
import { idOfKey } from './ed25519.ts';
import { CA_FILE, CERT_FILE, KEY_FILE } from './identity.ts';

const CA_KEY_FILE = 'ca-key.pem';
const DAY_MS = 86_400_000;
/** Certificates are valid from an hour ago: agents' clocks differ. */
const BACKDATE_MS = 3_600_000;

export interface AgentSeat {
  /** Folder and common name: letters, digits, `.`, `_`, `-`. */
  readonly name: string;
  readonly region: Region;
}

export interface IssueOptions {
  readonly directory: string;
  readonly agents: readonly AgentSeat[];
  /** Days for which the agents' certificates are valid; 1 unless said otherwise. */
  readonly days?: number | undefined;
  readonly nowMs?: number | undefined;
}

export interface ClusterOptions extends IssueOptions {
  /** Trust domain in `spiffe://<operator>/region/<r>/agent/<id>`. */
  readonly operator: string;
  /** Days for which the CA is valid; ten years unless said otherwise. */
  readonly caDays?: number | undefined;
}

export interface IssuedAgent {
  readonly name: string;
  readonly id: AgentId;
  readonly directory: string;
}

/** Makes a new CA in `directory` and a certificate for each agent.
 *  @throws RingcastError `cluster-exists` where there is a CA, `cluster-bad-name`, `cluster-unwritable` */
export async function initCluster(options: ClusterOptions): Promise<readonly IssuedAgent[]> {
  const { directory, operator, nowMs = Date.now(), caDays = 3650 } = options;
  checkName('operator', operator);
  for (const agent of options.agents) checkName('agent', agent.name);
  for (const file of [CA_FILE, CA_KEY_FILE]) {
    if (existsSync(join(directory, file))) {
      throw new RingcastError(
        'cluster-exists',
        `${join(directory, file)} exists: a new CA would cut off every agent of the old one; choose an empty directory`,
      );
    }
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = await certificate({
    name: operator,
    subjectKey: privateKey,
    issuer: operator,
    issuerKey: privateKey,
    from: new Date(nowMs - BACKDATE_MS),
    to: new Date(nowMs + caDays * DAY_MS),
    uri: undefined,
  });
  attempt(directory, () => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, CA_KEY_FILE), pemOf(privateKey), { mode: 0o600, flag: 'wx' });
    writeFileSync(join(directory, CA_FILE), pem, { flag: 'wx' });
  });
  return issueAgents(options);
}

/** Issues certificates from the CA in `directory`: for new agents, and again for those whose folders are there.
 *  @throws RingcastError `cluster-missing`, `cluster-bad-name`, `cluster-unwritable` */
export async function issueAgents(options: IssueOptions): Promise<readonly IssuedAgent[]> {
  const { directory, nowMs = Date.now(), days = 1 } = options;
  for (const agent of options.agents) checkName('agent', agent.name);
  const authority = loadAuthority(directory);
  const issued: IssuedAgent[] = [];
  for (const { name, region } of options.agents) {
    const folder = join(directory, name);
    const key = agentKeyIn(folder);
    const id = idOfKey(key) as AgentId;
    const pem = await certificate({
      name,
      subjectKey: key,
      issuer: authority.name,
      issuerKey: authority.key,
      from: new Date(nowMs - BACKDATE_MS),
      to: new Date(nowMs + days * DAY_MS),
      uri: `spiffe://${authority.name}/region/${region}/agent/${id}`,
    });
    attempt(folder, () => {
      writeFileSync(join(folder, CA_FILE), authority.pem);
      writeFileSync(join(folder, `${CERT_FILE}.new`), pem);
      renameSync(join(folder, `${CERT_FILE}.new`), join(folder, CERT_FILE));
    });
    issued.push({ name, id, directory: folder });
  }
  return issued;
}

interface Authority {
  readonly name: string;
  readonly key: KeyObject;
  readonly pem: string;
}

function loadAuthority(directory: string): Authority {
  try {
    const pem = readFileSync(join(directory, CA_FILE), 'utf8');
    const key = createPrivateKey(readFileSync(join(directory, CA_KEY_FILE), 'utf8'));
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`a key of type ${key.asymmetricKeyType}`);
    return { name: new X509Certificate(pem).subject.replace(/^CN=/, ''), key, pem };
  } catch (cause) {
    throw new RingcastError(
      'cluster-missing',
      `${directory} holds no readable ${CA_FILE} and ${CA_KEY_FILE} of Ed25519: make the CA with \`ringcast init\` first`,
      { cause },
    );
  }
}

/** The agent's key, made where the folder has none yet. */
function agentKeyIn(folder: string): KeyObject {
  const file = join(folder, KEY_FILE);
  return attempt(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!existsSync(file)) {
      writeFileSync(file, pemOf(generateKeyPairSync('ed25519').privateKey), { mode: 0o600 });
    }
    chmodSync(file, 0o600);
    return createPrivateKey(readFileSync(file, 'utf8'));
  });
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

function attempt<T>(directory: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new RingcastError('cluster-unwritable', `cannot make certificates in ${directory}: see the cause`, {
      cause,
    });
  }
}

/** Names become folders and parts of a URI. */
function checkName(what: string, name: string): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/.test(name)) return;
  throw new RingcastError(
    'cluster-bad-name',
    `${what} name ${JSON.stringify(name.slice(0, 80))}: expected 1 to 63 letters, digits, '.', '_' or '-'`,
  );
}
