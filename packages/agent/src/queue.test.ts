import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createQueue, type Queue } from './queue.ts';

const bytes = (count: number) => new Uint8Array(count);

function sequence(queue: Queue): number[] {
  const found: number[] = [];
  for (let batch = queue.after(0); batch; batch = queue.after(batch.seq)) found.push(batch.seq);
  return found;
}

test('batches come out in the order they came in, whatever their kind', () => {
  const queue = createQueue(100);
  queue.append('SIGHTINGS', bytes(1));
  queue.append('DETECTIONS', bytes(1));
  queue.append('SIGHTINGS', bytes(1));
  assert.deepEqual(sequence(queue), [1, 2, 3]);
  assert.equal(queue.after(1)?.kind, 'DETECTIONS');
});

test('what is acknowledged is forgotten, and numbers go on', () => {
  const queue = createQueue(100);
  for (let i = 0; i < 3; i++) queue.append('SIGHTINGS', bytes(1));
  queue.acknowledge(2);
  queue.append('DETECTIONS', bytes(1));
  assert.deepEqual(sequence(queue), [3, 4]);
  queue.acknowledge(4);
  assert.equal(queue.length(), 0);
});

test('a full queue gives up the oldest sightings before any detection, then the oldest detections', () => {
  const queue = createQueue(40);
  queue.append('DETECTIONS', bytes(10));
  queue.append('SIGHTINGS', bytes(10));
  queue.append('SIGHTINGS', bytes(10));
  queue.append('DETECTIONS', bytes(10));
  queue.append('DETECTIONS', bytes(20));
  assert.deepEqual(sequence(queue), [1, 4, 5]);
  queue.append('DETECTIONS', bytes(20));
  assert.deepEqual(sequence(queue), [5, 6]);
  assert.equal(queue.dropped(), 4);
});

test('a batch larger than the queue is given up and counted', () => {
  const queue = createQueue(10);
  queue.append('DETECTIONS', bytes(11));
  assert.equal(queue.length(), 0);
  assert.equal(queue.dropped(), 1);
});

test('listeners hear of each append and each acknowledgement', () => {
  const queue = createQueue(10);
  let heard = 0;
  queue.onChange(() => heard++);
  queue.append('DETECTIONS', bytes(1));
  queue.acknowledge(1);
  assert.equal(heard, 2);
});
