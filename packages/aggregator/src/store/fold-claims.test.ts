import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIDENCES, type Detection, RULES, SEVERITIES } from '@connscan/model';
import fc from 'fast-check';
import { AGENT_ID, detectionOf, idOf, OTHER_AGENT_ID, processOf, START_MS, snapshotOf } from '../../test/rows.ts';
import { type Claim, toClaim } from './claim-row.ts';
import { foldClaims, mergeClaim } from './fold-claims.ts';

const claimants = [AGENT_ID, OTHER_AGENT_ID, null];

/** What may be different from alert to alert; its revision makes it the same each time. */
const alerts = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5 })), {
    selector: ([claim, revision]) => `${claim} ${revision}`,
    minLength: 1,
    maxLength: 12,
  })
  .chain((keys) =>
    fc.tuple(
      ...keys.map(([claim, revision]) =>
        fc
          .record({
            severity: fc.constantFrom(...SEVERITIES),
            confidence: fc.constantFrom(...CONFIDENCES),
            rule: fc.constantFrom(...RULES),
            distinctServices: fc.integer({ min: 0, max: 4 }),
            startedMs: fc.integer({ min: START_MS, max: START_MS + 3 }),
            lastSeenMs: fc.integer({ min: START_MS, max: START_MS + 3 }),
            ended: fc.boolean(),
            named: fc.boolean(),
            pictured: fc.boolean(),
          })
          .map(({ ended, named, pictured, ...change }) =>
            toClaim(
              claimants[claim - 1]!,
              detectionOf({
                ...change,
                id: idOf(claim),
                revision,
                ...(ended && { alertType: 'end', endReason: 'quiet', endedMs: change.lastSeenMs + 1 }),
                ...(named && { process: processOf({ pid: claim * 10 + revision }) }),
                ...(pictured && { snapshot: snapshotOf({ cwd: `/${claim}/${revision}` }) }),
              } satisfies Partial<Detection>),
            ),
          ),
      ),
    ),
  );

/** The head that alerts make when they come in this order. */
function headOf(told: readonly Claim[], id: string) {
  const claims = new Map<string, Claim>();
  for (const alert of told) {
    const claim = claims.get(alert.id);
    claims.set(alert.id, claim ? mergeClaim(claim, alert) : alert);
  }
  return foldClaims(id, [...claims.values()]);
}

test('alerts of all claims give the same detection in any order, and however often they come', () => {
  const histories = alerts.chain((told) =>
    fc.tuple(
      fc.constant(told),
      fc.shuffledSubarray(told, { minLength: told.length }),
      fc.shuffledSubarray(told, { minLength: 0 }),
    ),
  );
  fc.assert(
    fc.property(histories, ([told, shuffled, again]) => {
      const { id } = told[0]!;
      const head = headOf(told, id);
      assert.deepEqual(headOf([...again, ...shuffled], id), head);
      assert.deepEqual(headOf([...shuffled, ...again, ...told], id), head);
    }),
  );
});

test('a detection is as severe and as sure as any of its claims, and has the counts of the fullest', () => {
  const head = headOf(
    [
      toClaim(AGENT_ID, detectionOf({ severity: 'high', rule: 'corroborated', distinctServices: 3, revision: 4 })),
      toClaim(null, detectionOf({ id: idOf(2), confidence: 'confirmed', distinctServices: 12, revision: 2 })),
    ],
    idOf(1),
  );
  assert.deepEqual([head.severity, head.rule, head.confidence], ['high', 'corroborated', 'confirmed']);
  assert.deepEqual([head.distinct_services, head.revision, head.alert_type], [12, 6, 'ongoing']);
  assert.equal(head.agent_id, AGENT_ID);
});

test('a detection ends with the last of its claims, and as that one says', () => {
  const [agents, own] = [detectionOf(), detectionOf({ id: idOf(2) })];
  const endOf = (alert: Detection, endedMs: number, endReason: Detection['endReason']) =>
    detectionOf({ ...alert, revision: 2, alertType: 'end', endedMs, endReason });
  const told = [toClaim(AGENT_ID, agents), toClaim(null, own)];
  told.push(toClaim(AGENT_ID, endOf(agents, START_MS + 900, 'quiet')));
  assert.deepEqual([headOf(told, idOf(1)).ended, headOf(told, idOf(1)).alert_type], [null, 'ongoing']);
  told.push(toClaim(null, endOf(own, START_MS + 800, 'recognised_cadence')));
  const head = headOf(told, idOf(1));
  assert.deepEqual([head.ended, head.end_reason, head.alert_type], [new Date(START_MS + 900), 'quiet', 'end']);
});

test('the process is that of the first claim with a snapshot', () => {
  const head = headOf(
    [
      toClaim(AGENT_ID, detectionOf({ process: processOf({ pid: 1 }) })),
      toClaim(null, detectionOf({ id: idOf(3) })),
      toClaim(
        OTHER_AGENT_ID,
        detectionOf({ id: idOf(2), startedMs: START_MS + 900, process: processOf({ pid: 2 }), snapshot: snapshotOf() }),
      ),
    ],
    idOf(1),
  );
  assert.deepEqual([head.process?.pid, head.snapshot], [2, snapshotOf()]);
});
