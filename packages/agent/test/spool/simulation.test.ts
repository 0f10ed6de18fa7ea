import { test } from 'node:test';
import { createRandom } from '@connscan/lab';
import fc from 'fast-check';
import { SPOOL_COMMANDS } from './spool-commands.ts';
import { createSpoolWorld } from './spool-world.ts';

/** `npm run simulate -w @connscan/agent` plays more, with another seed each time; a failure names its seed and path. */
const RUNS = Number(process.env.CONNSCAN_SIMULATIONS ?? 100);
const SEED = process.env.CONNSCAN_SIMULATIONS ? Date.now() & 0x7fffffff : 42;

test('whatever fails when, nothing durable is lost, no number is used twice, and every gap is told', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), SPOOL_COMMANDS, async (seed, commands) => {
      const world = await createSpoolWorld(createRandom(seed));
      await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
      await world.finish();
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: false },
  );
});
