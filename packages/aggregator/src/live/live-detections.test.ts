import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectionOf, detectionRowOf } from '../../test/rows.ts';
import { createLiveDetections } from './live-detections.ts';

const all = () => true;

function alert(revision: number) {
  return detectionRowOf(detectionOf({ revision }));
}

test('a reader gets what is published while it listens, in order', async () => {
  const live = createLiveDetections({ queueLength: 10 });
  live.publish([alert(1)]);
  const reader = live.subscribe(all);
  const waiting = reader.next();
  live.publish([alert(2), alert(3)]);
  assert.equal((await waiting).value?.detection.revision, 2);
  assert.equal((await reader.next()).value?.detection.revision, 3);
});

test('a reader that lags loses its oldest alerts and is told how many, once', async () => {
  const live = createLiveDetections({ queueLength: 2 });
  const reader = live.subscribe(all);
  live.publish([1, 2, 3, 4, 5].map(alert));
  const told = [(await reader.next()).value, (await reader.next()).value];
  assert.deepEqual(
    told.map((event) => [event?.detection.revision, event?.missed]),
    [
      [4, 3],
      [5, 0],
    ],
  );
});

test('a reader that lags takes nothing from another one', async () => {
  const live = createLiveDetections({ queueLength: 1 });
  live.subscribe(all);
  const reader = live.subscribe(({ revision }) => revision !== 2);
  for (const revision of [1, 2, 3]) {
    live.publish([alert(revision)]);
    if (revision !== 2) assert.equal((await reader.next()).value?.missed, 0);
  }
});

test('a reader that waits ends when it is returned, and when all end', async () => {
  const live = createLiveDetections({ queueLength: 1 });
  const [returned, closed] = [live.subscribe(all), live.subscribe(all)];
  const waiting = [returned.next(), closed.next()];
  await returned.return?.();
  live.close();
  assert.deepEqual(await Promise.all(waiting), [
    { value: undefined, done: true },
    { value: undefined, done: true },
  ]);
});
