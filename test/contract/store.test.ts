import { describe } from 'vitest';
import { RamStore } from '../../agent/adapters/store/ram-store.ts';
import { storeContract } from './store.ts';

describe('RamStore', () => {
  storeContract({ open: (limits, counts) => new RamStore(limits, counts) });
});
