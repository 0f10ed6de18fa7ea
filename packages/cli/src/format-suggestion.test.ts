import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSuggestion } from './format-suggestion.ts';
import { PLAIN } from './screen.ts';
import type { SuggestedWhatIf } from './tuning-answers.ts';

const SUGGESTED: SuggestedWhatIf = {
  ...{ id: '1', since: '2026-01-24T12:00:00.000Z', until: '2026-01-31T12:00:00.000Z', changes: [] },
  labels: [{ name: 'site', value: 'lab' }],
  result: {
    ...{ sightings: 70, evicted: 0, presentTotal: 25, candidateTotal: 8, gainedTotal: 0, lostTotal: 17 },
    ...{ changedSources: 17, models: [], sources: [], gained: [], lost: [] },
    suggestion: {
      ...{ detectionsPerWeek: 5, historySeconds: 5.25 * 86_400, document: 'models: {}\n' },
      models: [
        {
          ...{ model: 'connscan_internal_internal', reached: false },
          ...{ present: { low: 10, medium: 25, high: 100 }, suggested: { low: 64, medium: 160, high: 640 } },
          ...{ presentPerWeek: 33.333, suggestedPerWeek: 10.666, otherRulesPerWeek: 8 },
        },
      ],
    },
  },
};

test('a suggestion is told beside what is in force, with its history, its document, and what it does not reach', () => {
  assert.equal(
    formatSuggestion(SUGGESTED, PLAIN),
    `70 sightings of site=lab, from 2026-01-24T12:00:00.000Z to 2026-01-31T12:00:00.000Z: a history of 5.3 days

MODEL                       THRESHOLDS  LOW  MEDIUM  HIGH  A WEEK
connscan_internal_internal  in force    10   25      100   33.3
connscan_internal_internal  suggested   64   160     640   10.7
connscan_internal_internal: more than 5 a week even with 64, the most that agents take for low. 8 are slow or corroborated scans, which thresholds do not change.

0 detections are gained and 17 are lost; 17 sources change

The document for \`policy set\`
models: {}
`,
  );
});
