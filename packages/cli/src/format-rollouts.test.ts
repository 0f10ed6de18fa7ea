import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRollouts, type Rollout } from './format-rollouts.ts';

const rollout = (change: Partial<Rollout> = {}): Rollout => ({
  ...{ version: 5, name: 'default', state: 'RUNNING', note: '', stages: [0.05, 0.25, 1], stage: 1 },
  ...{ stageSince: '2026-11-30T12:00:00.000Z', forecastPerHour: 2, detections: 1, allowed: 5 },
  convergence: { fitting: 40, inReach: 3, applied: 2, applying: 1, failed: 0, silent: 0 },
  ...change,
});

test('a roll-out is shown with its stage, its agents and its detections', () => {
  const [head, line] = formatRollouts([rollout()]).split('\n');
  assert.match(head!, /^VERSION +NAME +STATE +STAGE +SHARE +APPLIED +FAILED +SILENT +DETECTIONS +SINCE +NOTE$/);
  assert.match(line!, /^5 +default +RUNNING +1 of 3 +5 % +2 of 3 +0 +0 +1, 5 allowed +2026-11-30T12:00:00.000Z$/);
});

test('one that has reached nobody yet, and one that is over, show no detections', () => {
  const idle = { detections: null, allowed: null };
  const lines = formatRollouts([
    rollout({ ...idle, state: 'FORECASTING', stage: null }),
    rollout({ ...idle, state: 'DONE', stage: 3 }),
  ]).split('\n');
  assert.match(lines[1]!, /FORECASTING +0 of 3 +0 % .* 0 +2026/);
  assert.match(lines[2]!, /DONE +3 of 3 +100 % .* 0 +2026/);
});

test('in a narrow terminal the note is cut and an escape sequence in it does nothing', () => {
  const note = `\u001b[31m${'why '.repeat(40)}`;
  const table = formatRollouts([rollout({ state: 'PAUSED', note })], { width: 80, colours: false });
  assert.ok(table.split('\n').every((line) => line.length <= 80));
  assert.match(table, /PAUSED .*\?\[31mwhy.*…\n$/);
});

test('without any it says so', () => {
  assert.equal(formatRollouts([]), 'no roll-outs\n');
});
