// nginx as operators run it in front of an origin, and as a plain file server: the two yardsticks of the trade.
//
// One process on one core; the cache and the files lie in a temporary directory, so hits come from the page cache.
// `proxy_cache_lock` is on with a time-out longer than any fill here, so that one request goes to the origin.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cores } from './cores.ts';
import { freePort, type Server, startServer } from './server.ts';

export const NGINX = '/usr/sbin/nginx';

/** As a cache in front of the origin.
 *  @param sendfile off makes it copy through user space, as TLS would */
export async function startNginxCache(options: {
  readonly folder: string;
  readonly originPort: number;
  readonly cores: Cores | undefined;
  readonly sendfile: 'on' | 'off';
}): Promise<Server> {
  const { folder, originPort, cores, sendfile } = options;
  const port = await freePort();
  const http = `
  sendfile ${sendfile};
  proxy_cache_path ${folder}/cache levels=1:2 keys_zone=bench:16m max_size=1g inactive=1h use_temp_path=off;
  upstream origin { server 127.0.0.1:${originPort}; keepalive 64; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_cache bench;
      proxy_cache_lock on;
      proxy_cache_lock_timeout 30s;
      proxy_cache_lock_age 30s;
      proxy_cache_valid 200 1h;
    }
  }`;
  return startNginx({ name: 'nginx proxy_cache', folder, port, cores, http });
}

/** As a file server with sendfile: what the kernel can do when nothing is in the way. */
export async function startNginxFiles(options: {
  readonly folder: string;
  /** By path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly cores: Cores | undefined;
}): Promise<Server> {
  const { folder, files, cores } = options;
  for (const [path, bytes] of files) {
    await mkdir(join(folder, 'www', path, '..'), { recursive: true });
    await writeFile(join(folder, 'www', path), bytes);
  }
  const port = await freePort();
  const http = `
  sendfile on;
  tcp_nopush on;
  server { listen 127.0.0.1:${port} backlog=4096; root ${folder}/www; }`;
  return startNginx({ name: 'nginx sendfile', folder, port, cores, http });
}

async function startNginx(options: {
  readonly name: string;
  readonly folder: string;
  readonly port: number;
  readonly cores: Cores | undefined;
  readonly http: string;
}): Promise<Server> {
  const { name, folder, port, cores, http } = options;
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'nginx.conf');
  // Without `user` a worker that root starts becomes nobody, who may not read the temporary directory.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  await writeFile(
    file,
    `daemon off;
master_process off;
${user}
pid ${folder}/nginx.pid;
error_log stderr crit;
worker_rlimit_nofile 16384;
events { worker_connections 8192; }
http {
  access_log off;
  tcp_nodelay on;
  keepalive_requests 100000000;
  keepalive_timeout 60s;
  client_body_temp_path ${folder}/client;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;${http}
}
`,
  );
  return startServer({ name, port, cores, command: [NGINX, '-p', folder, '-c', file, '-e', 'stderr'] });
}
