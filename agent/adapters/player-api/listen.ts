// Opens a server's port and says in plain words why that cannot be.

import type { ListenOptions, Server } from 'node:net';
import { RingcastError } from '../ringcast-error.ts';

/** @throws RingcastError (as rejection) `address-in-use`, `address-forbidden`, `address-unknown` or `listen-failed` */
export function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException) => reject(listenError(options, cause));
    server.once('error', failed);
    server.listen(options, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

function listenError({ host, port }: ListenOptions, cause: NodeJS.ErrnoException): RingcastError {
  const place = `${host ?? '*'}:${port}`;
  switch (cause.code) {
    case 'EADDRINUSE':
      return new RingcastError(
        'address-in-use',
        `expected ${place} to be free, but another process listens there: stop it or choose another port`,
        { cause },
      );
    case 'EACCES':
      return new RingcastError(
        'address-forbidden',
        `this user may not listen on ${place}: choose a port from 1024 on, or grant CAP_NET_BIND_SERVICE`,
        { cause },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new RingcastError(
        'address-unknown',
        `expected ${host} to be an address of this machine: use one that it has, or 0.0.0.0 for all`,
        { cause },
      );
    default:
      return new RingcastError('listen-failed', `cannot listen on ${place}: ${cause.message}`, { cause });
  }
}
