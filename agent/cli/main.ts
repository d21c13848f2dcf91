#!/usr/bin/env node
// The `ringcast` command. The only place that may end the process.
//
// It checks the Node version before anything else is loaded, so that an old one gets one sentence, not a stack trace.
// Exit codes: 0 done, 1 failed at run time, 2 asked for wrongly.

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`ringcast needs Node 22.19 or newer, this is ${process.versions.node}: install Node 24.`);
  process.exit(2);
}

const { run } = await import('./run.ts');
process.exitCode = await run(process.argv.slice(2));

export {};
