import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createResourceGuard } from './create-resource-guard.ts';
import { PROCESS_USAGE } from './process-usage.ts';

/** A guard with a bound of 1000 bytes; what `use` returns is what is shed at so many resident bytes. */
function guard(context: TestContext) {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const said: string[] = [];
  const note = ({ what }: { what: string }) => said.push(what);
  let rss = 0;
  const made = createResourceGuard({
    ...PROCESS_USAGE,
    rssBytes: () => rss,
    boundBytes: 1000,
    logger: { warn: note, info: note } as never,
  });
  made.start();
  const use = (bytes: number) => {
    rss = bytes;
    context.mock.timers.tick(2000);
    return made.shedding();
  };
  return { ...made, use, said };
}

test('snapshots are given up first, then sightings, and both come back with hysteresis', (context) => {
  const { use, said } = guard(context);
  assert.deepEqual(use(900), []);
  assert.deepEqual(use(901), ['snapshots']);
  assert.deepEqual(use(961), ['snapshots', 'sightings']);
  assert.deepEqual(use(925), ['snapshots', 'sightings']);
  assert.deepEqual(use(919), ['snapshots']);
  assert.deepEqual(use(861), ['snapshots']);
  assert.deepEqual(use(859), []);
  assert.deepEqual(said, ['snapshots', 'sightings', 'sightings', 'snapshots']);
});

test('a snapshot that is not allowed is counted as shed', (context) => {
  const { use, allows, health } = guard(context);
  assert.equal(allows('snapshots'), true);
  use(1100);
  assert.deepEqual([allows('snapshots'), allows('snapshots'), allows('sightings')], [false, false, false]);
  assert.equal(health().shedSnapshots, 2);
});

test('what this process uses is told', () => {
  const { rssBytes, heapBytes, cpuUs } = PROCESS_USAGE;
  assert.ok(rssBytes() > heapBytes() && heapBytes() > 0 && cpuUs() > 0);
});
