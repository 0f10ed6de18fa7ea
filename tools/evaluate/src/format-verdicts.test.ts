import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatVerdicts, totals } from './format-verdicts.ts';
import { judge } from './judge.ts';
import type { Expectation } from './scenario.ts';

const verdict = (name: string, expected: Expectation, confidence: string | undefined) =>
  judge({ name, program: `the program ${name}`, expected }, [
    { detections: confidence ? [{ confidence, endReason: null }] : [], groundTruth: 12, counted: 12 },
  ]);

test('misses and false alarms are counted apart, and what is not countable not at all', () => {
  const verdicts = [
    verdict('found', 'detection', 'CONFIRMED'),
    verdict('missed', 'detection', undefined),
    verdict('unseen', 'sightings', 'TENTATIVE'),
    verdict('alarmed', 'silence', 'CONFIRMED'),
    verdict('quiet', 'silence', undefined),
    verdict('half-open', 'anything', undefined),
  ];
  assert.deepEqual(totals(verdicts), { missed: 2, falseConfirmed: 1 });
  const text = formatVerdicts(verdicts);
  assert.match(text, /found +│ detected +│ confirmed +│ 12 +│ 12 +│ +│ ok +│ the program found/);
  assert.match(text, /alarmed +│ silent +│ confirmed +│ 12 +│ 12 +│ +│ WRONG +│ the program alarmed/);
  assert.match(text, /\n6 scenarios, 2 missed, 1 falsely confirmed\n$/);
});
