import type { Sighting } from '@connscan/model';
import type { Alert } from './alert.ts';
import { H_TELLING, H_TELLING_ROWS } from './layout.ts';
import type { Shard } from './shard.ts';
import { forgetAlerts, keepAlerts, tellAlerts } from './take-alerts.ts';
import { forgetSightings, keepSightings, tellSightings } from './take-sightings.ts';

/** The answer of those who take at once; no task has this number. */
const TAKEN = -1;

/** Begins the answer with this number: what was told in another one, and is not known to have arrived, is told again. */
export function beginAnswer(shard: Shard, answer: number): void {
  const { words } = shard;
  if (words[H_TELLING] === answer) return;
  if (words[H_TELLING] !== 0) keepTold(shard);
  words[H_TELLING_ROWS] = 0;
  words[H_TELLING] = answer;
}

/** The last answer that arrived was this one: its rows and alerts are forgotten, those of a later one told again. */
export function endAnswer(shard: Shard, arrived: number): void {
  const { words } = shard;
  if (words[H_TELLING] === 0) return;
  if (words[H_TELLING] === arrived) {
    forgetAlerts(shard);
    forgetSightings(shard);
  } else {
    keepTold(shard);
  }
  words[H_TELLING] = 0;
}

/** Alerts that are told and have arrived. */
export function takeAlerts(shard: Shard): Alert[] {
  beginAnswer(shard, TAKEN);
  const alerts = tellAlerts(shard);
  endAnswer(shard, TAKEN);
  return alerts;
}

/** Sightings that are told and have arrived. */
export function takeSightings(shard: Shard, limit: number): Sighting[] {
  beginAnswer(shard, TAKEN);
  const rows = tellSightings(shard, limit);
  endAnswer(shard, TAKEN);
  return rows;
}

function keepTold(shard: Shard): void {
  keepAlerts(shard);
  keepSightings(shard);
}
