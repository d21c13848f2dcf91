// The origin stub as a process: reads the command line, says where it listens, stops at once when told to.
// Exit code 2 for a command line or an address that cannot be used.
import { readCommandLine, usage } from './command-line.ts';
import { ListenError, type OriginStubOptions, startOriginStub } from './origin-stub.ts';

const command = readCommandLine(process.argv.slice(2));
if (command.is === 'help') {
  console.log(usage);
} else if (command.is === 'wrong') {
  refuse(command.reason);
} else {
  await run(command.options);
}

async function run(options: OriginStubOptions): Promise<void> {
  try {
    const stub = await startOriginStub(options);
    for (const signal of ['SIGTERM', 'SIGINT']) {
      process.once(signal, () => void stub.close().then(() => process.exit(0)));
    }
    console.log(JSON.stringify({ url: stub.url, port: stub.port }));
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    refuse(error.message);
  }
}

function refuse(reason: string): void {
  console.error(`origin stub: ${reason}`);
  process.exitCode = 2;
}
