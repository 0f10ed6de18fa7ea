import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rollout } from './format-rollouts.ts';
import { watchRollout } from './watch-rollout.ts';

const rollout = (state: string, applied: number, applying: number) =>
  ({ state, convergence: { fitting: 4, inReach: 4, applied, applying, failed: 0, silent: 0 } }) as unknown as Rollout;

/** Watches what comes one after the other; what the bar was told, and how often it was waited. */
async function watch(...rollouts: readonly Rollout[]) {
  const rest = [...rollouts];
  const shown: string[] = [];
  let waits = 0;
  const watching = watchRollout({
    async find() {
      const next = rest.shift();
      if (!next) throw new Error('gone');
      return next;
    },
    async wait() {
      waits++;
    },
    progress: { update: (done, total) => shown.push(`${done}/${total}`), stop: () => shown.push('stopped') },
  });
  const { state } = await watching.catch((error: Error) => ({ state: error.message }));
  return { state, shown, waits };
}

test('it is watched until it is done and no agent is behind', async () => {
  const { state, shown, waits } = await watch(
    rollout('FORECASTING', 0, 0),
    rollout('RUNNING', 1, 0),
    rollout('DONE', 1, 3),
    rollout('DONE', 4, 0),
  );
  assert.deepEqual([state, waits, shown], ['DONE', 3, ['0/4', '1/4', '1/4', '4/4', 'stopped']]);
});

test('one that stands still is watched no longer', async () => {
  for (const state of ['PAUSED', 'ROLLED_BACK'])
    assert.deepEqual(await watch(rollout(state, 1, 1)), { state, shown: ['1/4', 'stopped'], waits: 0 });
});

test('the bar goes away when the aggregator does', async () => {
  assert.deepEqual(await watch(rollout('RUNNING', 1, 0)), { state: 'gone', shown: ['1/4', 'stopped'], waits: 1 });
});
