import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectionOf, detectionRowOf } from '../../test/rows.ts';
import { wantsAlert } from './wants-alert.ts';

const alert = detectionRowOf(detectionOf({ severity: 'medium', confidence: 'tentative', alertType: 'ongoing' }));

test('a filter without words lets all through', () => {
  assert.ok(wantsAlert({}, alert, false));
});

test('severity and confidence are the least that passes', () => {
  assert.deepEqual(
    (['low', 'medium', 'high'] as const).map((severity) => wantsAlert({ severity }, alert, false)),
    [true, true, false],
  );
  assert.deepEqual(
    (['tentative', 'confirmed'] as const).map((confidence) => wantsAlert({ confidence }, alert, false)),
    [true, false],
  );
});

test('alert types are those that pass', () => {
  assert.ok(wantsAlert({ alertTypes: ['start', 'ongoing'] }, alert, false));
  assert.ok(!wantsAlert({ alertTypes: ['start', 'end'] }, alert, false));
});

test('a detection that somebody has looked at is no news where only others are wanted', () => {
  assert.ok(wantsAlert({ untriaged: true }, alert, false));
  assert.ok(!wantsAlert({ untriaged: true }, alert, true));
  assert.ok(wantsAlert({}, alert, true));
});
