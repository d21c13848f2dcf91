// The set-up step behind `npm start` and `npm test`: makes a fresh clone runnable, then gets out of the way.
//
// It has no dependency and runs on any Node from 18 on, because it is what installs the pinned one. It runs
// `npm ci` only when the lockfile changed since the last install, and with `--debian` it also sees to the Debian
// packages that the tests need: installed where it may (root), else the one command to run is printed.
// It deliberately does not build anything: Node runs the TypeScript sources as they are.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
process.chdir(root);

installNodeModules();
checkPinnedNode();
if (process.argv.includes('--debian')) installDebianPackages();

function installNodeModules() {
  const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  const stamp = 'node_modules/.ringcast-lock';
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  if (lstatSync('node_modules', { throwIfNoEntry: false })?.isSymbolicLink()) {
    stop('node_modules is a link, and `npm ci` would empty the folder that it leads to: remove the link.');
  }
  console.log('ringcast set-up: installing the pinned packages (once per lockfile)');
  const npm = spawnSync('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], { stdio: 'inherit' });
  if (npm.status !== 0)
    stop(
      '`npm ci` failed: its message is above. Check the network to the npm registry, then run the command again.',
    );
  mkdirSync('node_modules', { recursive: true });
  writeFileSync(stamp, lock);
}

function checkPinnedNode() {
  const wanted = JSON.parse(readFileSync('package.json', 'utf8')).devDependencies.node;
  const found = spawnSync('node_modules/.bin/node', ['--version'], { encoding: 'utf8' });
  if (found.status === 0 && found.stdout.trim() === `v${wanted}`) return;
  stop(
    `Node ${wanted} should be in node_modules/.bin, found ${found.stdout?.trim() || 'none'}. ` +
      'Its install script must run: remove `ignore-scripts` from your npm configuration, delete node_modules, and run the command again.',
  );
}

/** Commands that the tests call, each with the Debian package that has it. */
function installDebianPackages() {
  const needed = [
    ['/usr/bin/chromium', 'chromium'],
    ['/usr/bin/ffmpeg', 'ffmpeg'],
    ['/usr/sbin/nginx', 'nginx-light'],
    ['/usr/sbin/varnishd', 'varnish'],
    ['/usr/bin/prometheus', 'prometheus'],
    ['/usr/bin/curl', 'curl'],
  ];
  const missing = needed.filter(([file]) => !existsSync(file)).map(([, name]) => name);
  if (missing.length === 0) return;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    stop(`the tests need ${missing.join(', ')}. On Debian or Ubuntu run:\n  sudo sh -c '${command}'`);
  }
  console.log(`ringcast set-up: installing ${missing.join(', ')}`);
  // policy-rc.d keeps Debian from starting the daemons that it installs; the tests start their own.
  const guard = '/usr/sbin/policy-rc.d';
  const guarded = !existsSync(guard);
  if (guarded) writeFileSync(guard, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = spawnSync('sh', ['-c', `(${command}) >/tmp/ringcast-apt.log 2>&1`], { env, stdio: 'inherit' });
  if (guarded) spawnSync('rm', ['-f', guard]);
  if (apt.status !== 0) stop(`installing failed, see /tmp/ringcast-apt.log. By hand:\n  ${command}`);
}

/** @returns {never} */
function stop(sentence) {
  console.error(`ringcast set-up: ${sentence}`);
  process.exit(1);
}
