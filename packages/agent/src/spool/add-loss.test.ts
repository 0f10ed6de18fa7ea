import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Loss, MAX_BATCH_ROWS } from '@connscan/wire';
import { addLoss } from './add-loss.ts';

const loss = (from: number, through = from, rows: number | undefined = 1): Loss => ({
  from,
  through,
  batches: through - from + 1,
  ...(rows !== undefined && { rows }),
  reason: 'full',
});

test('neighbours of one reason are one loss', () => {
  assert.deepEqual(addLoss([loss(1, 2), loss(9)], loss(3)), [
    { from: 1, through: 3, batches: 3, rows: 2, reason: 'full' },
    loss(9),
  ]);
  assert.equal(addLoss([loss(1)], { ...loss(2), reason: 'damage' }).length, 2);
});

test('rows that are unknown of one are unknown of both', () => {
  const [both] = addLoss([loss(1)], { from: 2, through: 2, batches: 1, reason: 'full' });
  assert.deepEqual(both, { from: 1, through: 2, batches: 2, reason: 'full' });
});

test('more than a batch has room for become coarser, and keep their counts', () => {
  let losses: Loss[] = [];
  for (let i = 0; i < 3 * MAX_BATCH_ROWS; i++) losses = addLoss(losses, loss(1 + i * (2 + (i % 3))));
  assert.equal(losses.length, MAX_BATCH_ROWS);
  assert.equal(
    losses.reduce((sum, { batches }) => sum + batches, 0),
    3 * MAX_BATCH_ROWS,
  );
  for (const { from, through, batches } of losses) assert.ok(batches <= through - from + 1);
});
