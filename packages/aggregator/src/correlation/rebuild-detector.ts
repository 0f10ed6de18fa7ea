import { createOpenDetections } from '@connscan/detector';
import { CONFIDENCES, type Detection, SEVERITIES } from '@connscan/model';
import { findOpenOwnClaims, type OwnClaim } from '../store/find-own-claims.ts';
import { readHistory } from '../store/read-history.ts';
import type { Database } from '../store/schema.ts';
import { type ClaimNames, createClaimNames, scanOf } from './claim-names.ts';
import { createFleetDetector, type EffectiveFleetPolicy, type FleetDetector } from './create-fleet-detector.ts';

/** A detector that knows what is in the history, the names of its claims, and what was to be told before and was not. */
export type Rebuilt = {
  readonly detector: FleetDetector;
  readonly names: ClaimNames;
  readonly untold: readonly Detection[];
  /** Sightings that were read. */
  readonly rows: number;
};

/** So far back the history is read: the longest period of the slow rule. */
const REBUILD_MS = 86_400_000;

/**
 * But so many sightings at most, and the last rollup period always, whatever it holds. 200,000 took 5 s on PostgreSQL and 8 s
 * embedded.
 */
const REBUILD_ROWS = 1_000_000;
const ROLLUP_MS = 300_000;

export type RebuildOptions = {
  readonly db: Database;
  readonly effective: EffectiveFleetPolicy;
  readonly key: readonly [number, number];
  readonly nowMs: number;
};

/**
 * Feeds a new detector with the history in the order of its times, and compares what it found with the claims in the store:
 * a scan that goes on goes on under its name, one that was begun and not told is told, one that is over is ended.
 */
export async function rebuildDetector({ db, effective, key, nowMs }: RebuildOptions): Promise<Rebuilt> {
  const history = readHistory(db, {
    sinceMs: nowMs - REBUILD_MS,
    untilMs: nowMs + ROLLUP_MS,
    surelySinceMs: nowMs - ROLLUP_MS,
    mostRows: REBUILD_ROWS,
  });
  let detector: FleetDetector | undefined;
  const open = createOpenDetections();
  const ended: Detection[] = [];
  const take = (from: FleetDetector) => {
    for (const alert of from.takeAlerts()) {
      const over = open.add(alert);
      if (over) ended.push(over);
    }
  };
  let rows = 0;
  for await (const sightings of history) {
    detector ??= createFleetDetector({ effective, key, startedMs: sightings[0]!.lastSeenMs });
    rows += sightings.length;
    for (const sighting of sightings) {
      while (!detector.moveTo(Math.min(sighting.lastSeenMs, nowMs))) take(detector);
      detector.observe(sighting.agentId, [sighting], nowMs);
    }
  }
  detector ??= createFleetDetector({ effective, key, startedMs: nowMs });
  take(detector);
  const names = createClaimNames();
  const untold = reconcile(names, open.rest(), ended, await findOpenOwnClaims(db));
  return { detector, names, untold, rows };
}

function reconcile(
  names: ClaimNames,
  open: readonly Detection[],
  ended: readonly Detection[],
  stored: readonly OwnClaim[],
): Detection[] {
  const byScan = new Map(stored.map((claim) => [scanOf(claim), claim]));
  const untold: Detection[] = [];
  for (const detection of open) {
    const claim = byScan.get(scanOf(detection));
    byScan.delete(scanOf(detection));
    if (!claim) {
      untold.push({ ...detection, alertType: 'start' });
      continue;
    }
    const isMore = isBeyond(detection, claim);
    const revision = claim.revision + (isMore ? 1 : 0);
    if (isMore) untold.push({ ...detection, id: claim.id, revision, alertType: 'ongoing' });
    names.adopt(detection, { id: claim.id, revision });
  }
  for (const [scan, claim] of byScan) {
    const last = ended.findLast((detection) => scanOf(detection) === scan);
    untold.push(endOf(claim, last));
  }
  return untold;
}

function isBeyond(detection: Detection, claim: OwnClaim): boolean {
  return (
    detection.distinctServices > claim.distinct_services ||
    SEVERITIES.indexOf(detection.severity) > SEVERITIES.indexOf(claim.severity) ||
    CONFIDENCES.indexOf(detection.confidence) > CONFIDENCES.indexOf(claim.confidence)
  );
}

/** The end of a claim whose scan was over while nobody looked. */
function endOf(claim: OwnClaim, last: Detection | undefined): Detection {
  const endedMs = Math.max(last?.endedMs ?? 0, claim.last_seen.getTime());
  return {
    ...claim.alert,
    revision: claim.revision + 1,
    alertType: 'end',
    endReason: last?.endReason ?? 'quiet',
    endedMs,
  };
}
