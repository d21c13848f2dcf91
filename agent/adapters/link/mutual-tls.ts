// TLS 1.3 with certificates on both sides, as agents speak it: dialling, listening, and who the peer is.
//
// Names in certificates are not compared with addresses: an agent is its key, whatever address it has today. What
// counts is that the operator's CA signed the certificate and that its key is the id that the caller expects.
// Dialled sockets read into one buffer of their own; that is where bulk arrives, and it halves the cost of reading.
// Accepted ones cannot (Node takes `onread` only where it makes the socket), and receive little.

import type { X509Certificate } from 'node:crypto';
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  createServer,
  type SecureContext,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls';
import type { AgentId } from '../../wire/ids.ts';
import type { Signed } from '../../wire/record.ts';
import { ALPN } from '../../wire/version.ts';
import type { HostPort } from './address.ts';
import { CONNECTIONS_MAX, READ_BYTES } from './limits.ts';

/** What a link needs of the agent's identity. */
export interface LinkIdentity {
  readonly id: AgentId;
  /** PEM. */
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
  idOf(certificate: X509Certificate): AgentId | undefined;
  verify(record: Signed): boolean;
}

export function secureContext(identity: LinkIdentity): SecureContext {
  return createSecureContext(contextOptions(identity));
}

export interface DialOptions {
  readonly context: SecureContext;
  readonly to: HostPort;
  readonly secured: (socket: TLSSocket) => void;
  /** The buffer is free again when this returns. */
  readonly receive: (bytes: Uint8Array) => void;
}

export function dial(options: DialOptions): TLSSocket {
  const { context, to, secured, receive } = options;
  const onread = {
    buffer: Buffer.allocUnsafe(READ_BYTES),
    callback: (count: number, buffer: Uint8Array): boolean => {
      receive(buffer.subarray(0, count));
      return true;
    },
  };
  const wanted: ConnectionOptions & { onread: typeof onread } = {
    ...to,
    secureContext: context,
    minVersion: 'TLSv1.3',
    ALPNProtocols: [ALPN],
    rejectUnauthorized: true,
    checkServerIdentity: () => undefined,
    onread,
  };
  const socket = connect(wanted, () => secured(socket));
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
}

export function listener(identity: LinkIdentity, handshakeMs: number): Server {
  const server = createServer({
    ...contextOptions(identity),
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: [ALPN],
    handshakeTimeout: handshakeMs,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  });
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

export function renewListener(server: Server, identity: LinkIdentity): void {
  server.setSecureContext(contextOptions(identity));
}

/** @returns who is at the other end of a secured socket; undefined where it is no agent, or speaks something else */
export function peerOf(socket: TLSSocket, identity: LinkIdentity): AgentId | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (!socket.authorized || socket.alpnProtocol !== ALPN || certificate === undefined) return undefined;
  return certificate.ca ? undefined : identity.idOf(certificate);
}

function contextOptions({ key, cert, ca }: LinkIdentity): SecureContextOptions {
  return { key, cert, ca, minVersion: 'TLSv1.3' };
}

/** The kernel asks an idle peer's host whether it is still there. */
const KEEP_ALIVE_MS = 15_000;
