import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectionOf, detectionRowOf } from '../../test/rows.ts';
import { wantsAlert } from './wants-alert.ts';

const alert = detectionRowOf(detectionOf({ severity: 'medium', confidence: 'tentative', alertType: 'ongoing' }));

test('a filter without words lets all through', () => {
  assert.ok(wantsAlert({}, alert));
});

test('severity and confidence are the least that passes', () => {
  assert.deepEqual(
    (['low', 'medium', 'high'] as const).map((severity) => wantsAlert({ severity }, alert)),
    [true, true, false],
  );
  assert.deepEqual(
    (['tentative', 'confirmed'] as const).map((confidence) => wantsAlert({ confidence }, alert)),
    [true, false],
  );
});

test('alert types are those that pass', () => {
  assert.ok(wantsAlert({ alertTypes: ['start', 'ongoing'] }, alert));
  assert.ok(!wantsAlert({ alertTypes: ['start', 'end'] }, alert));
});
