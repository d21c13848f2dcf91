// An origin on loopback that says exactly the bytes that a test gives it: node:http would not lie about lengths.

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';

export interface RawOrigin {
  /** `http://127.0.0.1:port` */
  readonly base: string;
  /** Heads of the requests so far, whole, in the order in which they came. */
  readonly heads: string[];
  readonly connections: number;
  /** Sockets that the client closed or broke. */
  readonly gone: Promise<void>;
  close(): Promise<void>;
}

export type Answer = (socket: Socket, request: { head: string; index: number; body: Buffer[] }) => void;

/** @param answer called when a request's head is complete; bytes that follow it are gathered in `body` */
export async function rawOrigin(answer: Answer): Promise<RawOrigin> {
  const sockets = new Set<Socket>();
  const heads: string[] = [];
  let connections = 0;
  let tell: () => void = () => {};
  const gone = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const server: Server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      tell();
    });
    let text = '';
    let body: Buffer[] | undefined;
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      const isNext = end >= 0 && /^[A-Z]+ /.test(text);
      if (!isNext) {
        body?.push(chunk);
        text = '';
        return;
      }
      const head = text.slice(0, end);
      body = text.length > end + 4 ? [Buffer.from(text.slice(end + 4), 'latin1')] : [];
      text = '';
      heads.push(head);
      answer(socket, { head, index: heads.length - 1, body });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heads,
    get connections() {
      return connections;
    },
    gone,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
