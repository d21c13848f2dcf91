// What is published, as somebody gets it: packed, installed in an empty folder, and used.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringcast-package-'));
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: root });
  const [tarball = ''] = readdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"name":"empty","version":"1.0.0","type":"module"}');
  const install = [
    'install',
    '--silent',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    join(folder, tarball),
  ];
  execFileSync('npm', install, { cwd: folder });
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the command runs and tells its version', () => {
  const { stdout, status } = spawnSync(join(folder, 'node_modules/.bin/ringcast'), ['--version'], {
    encoding: 'utf8',
  });
  expect({ stdout, status }).toEqual({ stdout: `${manifest.version}\n`, status: 0 });
});

test('a wrong call of the command gets every problem in a sentence, no stack, and exit code 2', () => {
  const args = ['agent', '--origin', 'nonsense', '--colour', 'red'];
  const { stderr, status } = spawnSync(join(folder, 'node_modules/.bin/ringcast'), args, {
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toContain('unknown option --colour');
  expect(stderr).toContain('listen is missing');
  expect(stderr).not.toContain('    at ');
});

test('an agent can be embedded', () => {
  writeFileSync(
    join(folder, 'embed.js'),
    `import { createServer } from 'node:http';
     import { createAgent, RingcastError } from 'ringcast';
     const origin = createServer((_, response) => response.end('from the origin')).listen(0, '127.0.0.1');
     await new Promise((resolve) => origin.once('listening', resolve));
     const options = { origin: \`http://127.0.0.1:\${origin.address().port}\`, listen: '127.0.0.1:0', 'log-level': 'silent' };
     const agent = await createAgent(options);
     console.log(await (await fetch(\`\${agent.publicUrl}/seg-1.m4s\`)).text());
     await agent.stop();
     origin.close();
     await createAgent({ origin: 'nonsense' }).catch((error) => console.log(error instanceof RingcastError, error.code));`,
  );
  expect(runNode('embed.js')).toBe('from the origin\ntrue bad-config\n');
});

test('the plugin can be imported where there is no browser', () => {
  writeFileSync(
    join(folder, 'plugin.js'),
    `import { createRingcast } from 'ringcast/player';
     console.log(typeof createRingcast, typeof globalThis.window);`,
  );
  expect(runNode('plugin.js')).toBe('function undefined\n');
});

test('the types of both exports compile in a strict program that has hls.js', () => {
  symlinkSync(join(root, 'node_modules/hls.js'), join(folder, 'node_modules/hls.js'));
  writeFileSync(
    join(folder, 'typed.ts'),
    `import { type Agent, createAgent } from 'ringcast';
     import { createRingcast } from 'ringcast/player';
     export const agent: Promise<Agent> = createAgent({ origin: 'http://x', listen: '127.0.0.1:0' });
     export const config: object = createRingcast({ agents: ['http://127.0.0.1:8080'] }).hlsConfig;
     // @ts-expect-error an option that does not exist
     export const wrong: Promise<Agent> = createAgent({ origin: 'http://x', listen: '127.0.0.1:0', colour: 'red' });`,
  );
  const tsc = join(root, 'node_modules/.bin/tsc');
  const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', ''];
  const { stdout, status } = spawnSync(tsc, [...strict, 'typed.ts'], { cwd: folder, encoding: 'utf8' });
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});

function runNode(script: string): string {
  return execFileSync(process.execPath, [join(folder, script)], { cwd: folder, encoding: 'utf8' });
}
