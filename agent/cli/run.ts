// Finds the command that was asked for, and says what there is where none was.

import { VERSION } from '../version.ts';
import { agent } from './agent.ts';
import { checkConfigCommand } from './check-config.ts';
import { init } from './init.ts';

const USAGE = `ringcast ${VERSION}: edge content-distribution agent for media delivery

  ringcast agent --origin URL --listen HOST:PORT [options]   run an agent
  ringcast init DIRECTORY NAME...                            make a cluster's CA and a certificate per agent
  ringcast check-config [options of agent]                   check a configuration and print it, defaults included
  ringcast agent --help                                      every option of an agent`;

/** @returns the process's exit code */
export async function run(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case 'agent':
      return await agent(rest);
    case 'init':
      return await init(rest);
    case 'check-config':
      return checkConfigCommand(rest);
    case '--version':
      console.log(VERSION);
      return 0;
    case '--help':
    case 'help':
      console.log(USAGE);
      return 0;
    default:
      console.error(command === undefined ? USAGE : `unknown command ${JSON.stringify(command)}\n\n${USAGE}`);
      return 2;
  }
}
