// Every kind of control message reaches the agent: one that its link refuses would cut the link each time.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RecordCheck } from '../../agent/adapters/link/record-check.ts';
import type { ControlMessage, Message } from '../../agent/wire/message.ts';
import { messages } from '../unit/wire/arbitrary.ts';
import { TlsWorld } from './link-worlds.ts';

/** What links say among themselves, what moves objects, and what players say. */
const NOT_CONTROL: ReadonlySet<Message['kind']> = new Set([
  ...(['hello', 'goodbye', 'fetch', 'filling', 'head', 'piece'] as const),
  ...(['descriptor', 'end', 'reset', 'redirect', 'cancel', 'get', 'answer'] as const),
]);
/** It carries a record in any case, which would have to be signed: see link.ts. */
const ALWAYS_SIGNED: ReadonlySet<Message['kind']> = new Set(['join']);

const unsigned = new RecordCheck(() => false);
const kinds = Object.entries(messages).filter(
  ([kind]) => !NOT_CONTROL.has(kind as Message['kind']) && !ALWAYS_SIGNED.has(kind as Message['kind']),
);

it('over TLS, every kind of control message arrives', async () => {
  // Before anything is dialled: this keeps the event loop busy for longer than a handshake may take.
  const plain = kinds.map(([kind, arbitrary]) => {
    const some = fc.sample(arbitrary as fc.Arbitrary<ControlMessage>, { numRuns: 200, seed: 1 });
    const found = some.find((message) => unsigned.passes(message));
    if (found === undefined) throw new Error(`every ${kind} carries a record`);
    return found;
  });
  const world = await TlsWorld.open();
  const [a, b] = [await world.agent(), await world.agent()];
  for (const message of plain) a.port.send(b.record, message);
  await b.events.until(() => b.events.messages.length === plain.length);
  expect(b.events.messages.map(({ message }) => message.kind)).toEqual(plain.map(({ kind }) => kind));
  expect(b.counts['rejected.link']).toBe(0);
  await world.end();
});
