import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createResourceGuard } from './create-resource-guard.ts';
import { PROCESS_USAGE } from './process-usage.ts';

/** A guard with a bound of 1000 MiB; what `use` returns is what is shed at so many resident MiB. */
function guard(context: TestContext, startMib = 0) {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const said: string[] = [];
  const note = ({ what }: { what: string }) => said.push(what);
  let rss = startMib;
  const made = createResourceGuard({
    ...PROCESS_USAGE,
    rssBytes: () => rss * 2 ** 20,
    boundBytes: 1000 * 2 ** 20,
    logger: { warn: note, info: note } as never,
  });
  made.start();
  const use = (mib: number) => {
    rss = mib;
    context.mock.timers.tick(2000);
    return made.shedding();
  };
  return { ...made, use, said };
}

test('snapshots are given up first, then sightings, and both come back with hysteresis', (context) => {
  const { use, said } = guard(context);
  assert.deepEqual(use(988), []);
  assert.deepEqual(use(989), ['snapshots']);
  assert.deepEqual(use(996), ['snapshots', 'sightings']);
  assert.deepEqual(use(990), ['snapshots', 'sightings']);
  assert.deepEqual(use(989), ['snapshots']);
  assert.deepEqual(use(983), ['snapshots']);
  assert.deepEqual(use(982), []);
  assert.deepEqual(said, ['snapshots', 'sightings', 'sightings', 'snapshots']);
});

test('a snapshot that is not allowed is counted as shed', (context) => {
  const { use, allows, health } = guard(context);
  assert.equal(allows('snapshots'), true);
  use(1100);
  assert.deepEqual([allows('snapshots'), allows('snapshots'), allows('sightings')], [false, false, false]);
  assert.equal(health().shedSnapshots, 2);
});

test('an agent that takes more than the bound from its start has 128 MiB more than that', (context) => {
  const { use } = guard(context, 2000);
  assert.deepEqual(use(2116), []);
  assert.deepEqual(use(2117), ['snapshots']);
});

test('what this process uses is told', () => {
  const { rssBytes, heapBytes, cpuUs } = PROCESS_USAGE;
  assert.ok(rssBytes() > heapBytes() && heapBytes() > 0 && cpuUs() > 0);
});
