import { request } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import {
  type AdminListener,
  type AdminOptions,
  listenAdmin,
} from '../../agent/adapters/admin/admin-listener.ts';
import { RingcastError } from '../../agent/adapters/ringcast-error.ts';

const opened: AdminListener[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((listener) => listener.close()));
});

const quiet: AdminOptions = {
  host: '127.0.0.1',
  port: 0,
  metrics: {
    text: async () => 'ringcast_ready 1\n',
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
  },
  health: () => ({ version: '1.2.3', uptimeS: 4 }),
  ready: () => ({ ready: true }),
};

interface Got {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

async function admin(
  options: Partial<AdminOptions> = {},
): Promise<(path: string, method?: string) => Promise<Got>> {
  const listener = await listenAdmin({ ...quiet, ...options });
  opened.push(listener);
  return (path, method = 'GET') => fetchRaw(listener.port, path, method);
}

/** The target goes out as written, which fetch() would not do; each request on a connection of its own. */
function fetchRaw(port: number, path: string, method: string): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
      );
    });
    sent.on('error', reject).end();
  });
}

test('/metrics gives the text and its content type', async () => {
  const get = await admin();
  const { status, body, headers } = await get('/metrics');
  expect([status, body]).toEqual([200, 'ringcast_ready 1\n']);
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
});

test('/metrics that cannot be made is a 500 with a sentence, and the listener lives on', async () => {
  const broken = { ...quiet.metrics, text: () => Promise.reject(new Error('gauge broke')) };
  const get = await admin({ metrics: broken });
  expect(await get('/metrics')).toMatchObject({
    status: 500,
    body: 'this page could not be made: gauge broke\n',
  });
  expect((await get('/health')).status).toBe(200);
});

test('/health is 200 with what the agent says of itself, even when it is not ready', async () => {
  const get = await admin({ ready: () => ({ ready: false }) });
  const { status, body } = await get('/health');
  expect([status, JSON.parse(body)]).toEqual([200, { status: 'ok', version: '1.2.3', uptimeS: 4 }]);
});

test('/ready is 200 when ready, else 503 with the reason, asked anew each time', async () => {
  let draining = false;
  const get = await admin({
    ready: () => (draining ? { ready: false, reason: 'draining' } : { ready: true }),
  });
  expect(await get('/ready')).toMatchObject({ status: 200, body: '{"ready":true}\n' });
  draining = true;
  expect(await get('/ready')).toMatchObject({ status: 503, body: '{"ready":false,"reason":"draining"}\n' });
});

test('the index links the pages, and each link answers', async () => {
  const get = await admin();
  const { status, body } = await get('/');
  expect(status).toBe(200);
  const links = [...body.matchAll(/href="([^"]+)"/g)].map((match) => match[1] ?? '');
  expect(links).toEqual(['/metrics', '/health', '/ready']);
  for (const link of links) expect((await get(link)).status).toBe(200);
});

test('every other path is 404, also those that would resolve to a page', async () => {
  const get = await admin();
  for (const path of [
    '/metrics/',
    '/x',
    '//127.0.0.1/metrics',
    '/a/../metrics',
    '/%6detrics',
    '/constructor',
  ]) {
    expect([path, (await get(path)).status]).toEqual([path, 404]);
  }
});

test('only GET and HEAD are answered, and HEAD has no body', async () => {
  const get = await admin();
  expect(await get('/metrics', 'HEAD')).toMatchObject({ status: 200, body: '' });
  for (const method of ['POST', 'DELETE', 'OPTIONS']) {
    const { status, headers } = await get('/metrics', method);
    expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
  }
});

test('a taken port is one clear sentence', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const refusal = await listenAdmin({ ...quiet, port }).catch((error: unknown) => error);
  taken.close();
  expect(refusal).toBeInstanceOf(RingcastError);
  expect(refusal).toMatchObject({
    code: 'address-in-use',
    message: `the admin address 127.0.0.1:${port} is in use: stop what listens there or choose another (--admin)`,
  });
});

test('an address that is not of this machine is refused by name', async () => {
  const refusal = await listenAdmin({ ...quiet, host: '192.0.2.1' }).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'address-refused' });
});

test('close returns although a scraper keeps its connection open', async () => {
  const listener = await listenAdmin(quiet);
  const kept = await fetch(`http://127.0.0.1:${listener.port}/health`);
  await kept.text();
  await listener.close();
  await expect(fetch(`http://127.0.0.1:${listener.port}/health`)).rejects.toThrow();
});
