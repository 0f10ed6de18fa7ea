import { BATCH_KINDS, type BatchKind } from '@connscan/wire';
import fc from 'fast-check';
import { type Call, NO_FAULTS } from './simulated-disk.ts';
import type { SpoolWorld } from './spool-world.ts';

type Command = fc.AsyncCommand<object, SpoolWorld>;

/** A step of the world, and how a failure shows it. */
function step(text: string, run: (world: SpoolWorld) => unknown): Command {
  return {
    check: () => true,
    async run(_, world) {
      await run(world);
      await world.check();
    },
    toString: () => text,
  };
}

const KINDS: readonly BatchKind[] = BATCH_KINDS.filter((kind) => kind !== 'LOSS');
const CALLS: readonly Call[] = [
  'makeDirectory',
  'list',
  'create',
  'open',
  'rename',
  'remove',
  'syncDirectory',
  'write',
  'read',
  'sync',
  ...(['write', 'sync', 'syncDirectory'] as const),
];

const append = fc
  .record({ kind: fc.constantFrom(...KINDS), bytes: fc.nat(4000), count: fc.integer({ min: 1, max: 12 }) })
  .map(({ kind, bytes, count }) =>
    step(`append(${kind}, ${bytes}, ${count} times)`, (world) => {
      for (let i = 0; i < count; i++) world.append(kind, bytes);
    }),
  );
const deliver = fc.integer({ min: 1, max: 30 }).map((n) => step(`deliver(${n})`, (world) => world.deliver(n)));
const acknowledge = fc.integer({ min: 1, max: 30 }).map((n) => step(`ack(${n})`, (world) => world.acknowledge(n)));
const settle = fc.constant(step('settle', (world) => world.settle()));
const endSession = fc.constant(step('endSession', (world) => world.endSession()));
const advance = fc.constantFrom(50, 300, 1500, 6000).map((ms) => step(`advance(${ms})`, (world) => world.advance(ms)));
const die = fc
  .constantFrom('kill' as const, 'power cut' as const)
  .map((death) => step(death, (world) => world.die(death)));
const dieIn = fc.nat(40).map((n) =>
  step(`dieIn(${n})`, ({ disk }) => {
    disk.faults.dieIn = n;
  }),
);
const restart = fc.constant(step('restart', (world) => world.restart()));
/** Twice at most, open and read together four times: what cannot be read five times in a row counts as damaged. */
const fail = fc
  .record({ call: fc.constantFrom(...CALLS), times: fc.integer({ min: 1, max: 2 }) })
  .map(({ call, times }) =>
    step(`fail(${call}, ${times} times)`, ({ disk }) => {
      disk.faults.failures.set(call, times);
    }),
  );
const disturb = fc
  .constantFrom(
    { shortWrites: true },
    { readOnly: true },
    { hangs: true },
    { maxFileBytes: 3000 },
    { maxFileBytes: 9000 },
    { capacityBytes: 0 },
    { capacityBytes: 300_000 },
  )
  .map((faults) => step(`disturb(${JSON.stringify(faults)})`, ({ disk }) => Object.assign(disk.faults, faults)));
const heal = fc.constant(step('heal', ({ disk }) => Object.assign(disk.faults, NO_FAULTS())));

/** What a spool may live through; common things are drawn more often. */
export const SPOOL_COMMANDS = fc.commands(
  [
    ...[append, append, append, append, settle, settle, settle, deliver, deliver, acknowledge, acknowledge, advance],
    ...[endSession, die, dieIn, dieIn, restart, fail, fail, disturb, heal],
  ],
  { maxCommands: 60, size: 'max' },
);
