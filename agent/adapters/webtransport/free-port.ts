// A UDP port that nothing uses, for libraries that take a number and do not tell which one they got.

import { createSocket } from 'node:dgram';

/** @returns a port that was free a moment ago */
export function freeUdpPort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.bind(0, host, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
