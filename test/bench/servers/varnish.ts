// Varnish with its defaults, but for what a benchmark on one core needs: memory for the objects, threads at hand for a
// burst (it starts 100 and adds one at a time otherwise), no management port.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cores } from './cores.ts';
import { freePort, type Server, startServer } from './server.ts';

export const VARNISHD = '/usr/sbin/varnishd';

export async function startVarnish(options: {
  readonly folder: string;
  readonly originPort: number;
  readonly cores: Cores | undefined;
}): Promise<Server> {
  const { folder, originPort, cores } = options;
  await mkdir(folder, { recursive: true });
  const vcl = join(folder, 'bench.vcl');
  await writeFile(vcl, `vcl 4.1;\nbackend origin { .host = "127.0.0.1"; .port = "${originPort}"; }\n`);
  const port = await freePort();
  const command = [
    ...[VARNISHD, '-F', '-j', 'none', '-n', join(folder, 'work')],
    ...['-a', `127.0.0.1:${port}`, '-T', 'none', '-f', vcl, '-s', 'malloc,512m'],
    ...['-p', 'thread_pool_min=500', '-p', 'thread_pool_max=2000', '-p', 'listen_depth=4096'],
  ];
  return startServer({ name: 'varnish', port, cores, command });
}
