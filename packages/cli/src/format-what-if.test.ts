import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatWhatIf } from './format-what-if.ts';
import type { WhatIf } from './tuning-answers.ts';

const countsOf = (low: number) => ({ low, medium: 0, high: 0, total: low });

const WHAT_IF: WhatIf = {
  id: '1',
  since: '2026-01-30T12:00:00.000Z',
  until: '2026-01-31T12:00:00.000Z',
  labels: [],
  changes: [{ path: 'exceptions.a\u001bb', before: null, after: '{"ports":[22]}', weakens: true }],
  result: {
    ...{ sightings: 70, evicted: 2, presentTotal: 25, candidateTotal: 0 },
    ...{ gainedTotal: 0, lostTotal: 25, changedSources: 25 },
    models: [
      {
        ...{ model: 'connscan_internal_internal', presentLow: 10, candidateLow: 10 },
        ...{ present: countsOf(25), candidate: countsOf(0) },
        curve: [{ low: 10, confirmed: 0, detections: countsOf(0) }],
      },
    ],
    sources: Array.from({ length: 25 }, (_, n) => ({
      ...{ source: `fd00:0:0:${n + 1}::`, sourcePrefixBits: 64, model: 'connscan_internal_internal' },
      ...{ present: 1, candidate: 0, gained: 0, lost: 1, raised: 0, lowered: 0 },
    })),
    gained: [],
    lost: [],
  },
};

test('a what-if fits the terminal, says what its lists leave out, and what may be missing; text of others is printable', () => {
  const shown = formatWhatIf(WHAT_IF, { width: 80, colours: false });
  for (const line of shown.split('\n').slice(3)) assert.ok(line.length <= 80, line);
  assert.match(shown, /\n2 had no place in full tables/);
  assert.match(shown, /exceptions\.a\?b: nothing → \{"ports":\[22\]\}, by which the fleet sees less\n/);
  assert.match(shown, /\nSources that change, 20 of 25\n.*\nfd00:0:0:1::\/64 +1 +0 +0 +1 /);
  assert.match(shown, /\n10 +0 +0 +in force, candidate\n/);
});
