import { linkContract } from './link.ts';
import { MemoryWorld, TlsWorld } from './link-worlds.ts';

linkContract('links over TLS', () => TlsWorld.open());
linkContract('links in memory', async () => new MemoryWorld());
