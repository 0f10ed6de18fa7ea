import { type Alert, alertOf } from './alert.ts';
import {
  EPISODE_LINES,
  H_EPISODE_POOL,
  H_PENDING_ALERTS,
  P_PENDING,
  P_STATE,
  PENDING_END,
  PENDING_ONGOING,
  PENDING_START,
  POOL_FRESH,
  STATE_ENDED,
} from './layout.ts';
import { giveLine } from './pool.ts';
import type { Shard } from './shard.ts';

/**
 * Every alert raised since the last call. A start tells what an update raised behind it would, so of one episode come
 * at most two at once: its start and its end, or an update and its end.
 */
export function takeAlerts(shard: Shard): Alert[] {
  const { words } = shard;
  if (words[H_PENDING_ALERTS] === 0) return [];
  const alerts: Alert[] = [];
  const episodes = pendingEpisodes(shard);
  for (const episode of episodes) {
    const pending = words[(episode << 4) + P_PENDING]!;
    if (pending & PENDING_START) alerts.push(alertOf(shard, episode, 'start'));
    else if (pending & PENDING_ONGOING) alerts.push(alertOf(shard, episode, 'ongoing'));
    if (pending & PENDING_END) alerts.push(alertOf(shard, episode, 'end'));
  }
  // Only when all are made, so that a death in between loses none.
  for (const episode of episodes) release(shard, episode);
  return alerts;
}

function pendingEpisodes({ words, episodesFrom }: Shard): number[] {
  const end = words[H_EPISODE_POOL + POOL_FRESH]!;
  const episodes: number[] = [];
  for (let episode = episodesFrom; episode < end; episode += EPISODE_LINES) {
    if (words[(episode << 4) + P_PENDING] !== 0) episodes.push(episode);
  }
  return episodes;
}

function release(shard: Shard, episode: number): void {
  const { words } = shard;
  words[(episode << 4) + P_PENDING] = 0;
  words[H_PENDING_ALERTS]!--;
  if (words[(episode << 4) + P_STATE] !== STATE_ENDED) return;
  words[(episode << 4) + P_STATE] = 0;
  giveLine(shard, H_EPISODE_POOL, episode);
}
