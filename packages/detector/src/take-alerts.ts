import type { AlertType } from '@connscan/model';
import { type Alert, alertOf } from './alert.ts';
import {
  EPISODE_LINES,
  H_EPISODE_POOL,
  H_PENDING_ALERTS,
  P_PENDING,
  P_REVISION,
  P_STATE,
  P_TELLING_REVISION,
  PENDING_END,
  PENDING_ONGOING,
  PENDING_START,
  POOL_FRESH,
  STATE_ENDED,
  TELLING,
} from './layout.ts';
import type { Shard } from './shard.ts';

/** What is told of the next alert of an episode; alertOf, or less. */
export type DescribesAlert<Told> = (shard: Shard, episode: number, alertType: AlertType) => Told;

/**
 * Every alert that is pending; told again, with the same revision, until forgetAlerts. A start tells what an update raised
 * behind it would, so of one episode come at most two at once: its start and its end, or an update and its end.
 */
export function tellAlerts(shard: Shard): Alert[] {
  const { words } = shard;
  const alerts: Alert[] = [];
  for (const episode of pendingEpisodes(shard)) {
    tellEpisode(shard, episode, (alertType) => alerts.push(alertOf(shard, episode, alertType)));
    words[(episode << 4) + P_PENDING]! |= TELLING;
  }
  return alerts;
}

/** Tells every alert that is pending to one who loses none: there is no answer. */
export function drainAlerts<Told>(shard: Shard, describe: DescribesAlert<Told>, tell: (alert: Told) => void): void {
  const { words, episodesFrom } = shard;
  const end = words[H_EPISODE_POOL + POOL_FRESH]!;
  for (let episode = episodesFrom; episode < end; episode += EPISODE_LINES) {
    if (words[(episode << 4) + P_PENDING] === 0) continue;
    tellEpisode(shard, episode, (alertType) => tell(describe(shard, episode, alertType)));
    release(shard, episode);
  }
}

function tellEpisode({ words }: Shard, episode: number, tell: (alertType: AlertType) => void): void {
  const at = episode << 4;
  const pending = words[at + P_PENDING]!;
  words[at + P_TELLING_REVISION] = words[at + P_REVISION]!;
  if (pending & PENDING_START) tell('start');
  else if (pending & PENDING_ONGOING) tell('ongoing');
  if (pending & PENDING_END) tell('end');
}

/** The answer with these alerts has arrived. Done again after a worker's death, it does what was left to do. */
export function forgetAlerts(shard: Shard): void {
  for (const episode of pendingEpisodes(shard)) {
    if (shard.words[(episode << 4) + P_PENDING]! & TELLING) release(shard, episode);
  }
}

/** The answer was lost: the alerts are pending as they were. */
export function keepAlerts(shard: Shard): void {
  for (const episode of pendingEpisodes(shard)) shard.words[(episode << 4) + P_PENDING]! &= ~TELLING;
}

function pendingEpisodes({ words, episodesFrom }: Shard): number[] {
  if (words[H_PENDING_ALERTS] === 0) return [];
  const end = words[H_EPISODE_POOL + POOL_FRESH]!;
  const episodes: number[] = [];
  for (let episode = episodesFrom; episode < end; episode += EPISODE_LINES) {
    if (words[(episode << 4) + P_PENDING] !== 0) episodes.push(episode);
  }
  return episodes;
}

function release(shard: Shard, episode: number): void {
  const { words } = shard;
  const at = episode << 4;
  words[at + P_REVISION] = words[at + P_TELLING_REVISION]!;
  words[at + P_PENDING] = 0;
  words[H_PENDING_ALERTS]!--;
  if (words[at + P_STATE] !== STATE_ENDED) return;
  words[at + P_STATE] = 0;
  shard.core.giveLine(H_EPISODE_POOL, episode);
}
