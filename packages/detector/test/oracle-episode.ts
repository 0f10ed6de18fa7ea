import type { EndReason } from '@connscan/model';
import type { Alert } from '../src/index.ts';
import { isSteady } from './oracle-cadence.ts';
import {
  counted,
  isBrokenOnly,
  isCorroborated,
  isOver,
  isOverBySlowOnly,
  limitsFor,
  ruleOf,
  severityOf,
} from './oracle-counts.ts';
import type { Episode, Rules, Source } from './oracle-state.ts';

const LONGEST_WAIT_MS = 300_000;

/** Ends the episode that has been under for a window. */
export function endIfQuiet({ windowMs, note }: Rules, source: Source): void {
  const underMs = source.episode?.underMs;
  if (underMs === undefined || underMs + windowMs > source.clockMs) return;
  end(source, 'quiet', underMs + windowMs);
  note('quiet');
}

/** Ends the episode whose services turned out to be habitual. */
export function endIfRecognised(rules: Rules, source: Source): void {
  if (!source.episode || source.episode.underMs !== undefined || isOver(rules, source)) return;
  end(source, 'recognised_cadence', source.clockMs);
  rules.note('recognised');
}

function end(source: Source, reason: EndReason, ms: number): void {
  source.episode!.end = { reason, ms };
  source.episode!.pending.add('end');
  source.episode = undefined;
}

/** Starts, confirms or updates the episode of a source by what counts now. Returns the episode that it started. */
export function judge(rules: Rules, source: Source, atMs: number): Episode | undefined {
  if (source.episode) {
    update(rules, source, source.episode);
    return undefined;
  }
  const severity = severityOf(rules, source);
  if (severity === 0) return undefined;
  const times = counted(source, 'aborted').map((entry) => entry.lastMs);
  const brokenOnly = isBrokenOnly(rules, source);
  // Two episodes of a source never start at one time, as that tells them apart.
  const startedMs = Math.max(atMs, source.startedMs + 1);
  source.startedMs = startedMs;
  const episode: Episode = {
    source,
    startedMs,
    firstSeenMs: Math.min(startedMs, ...times),
    lastSeenMs: Math.max(...times),
    severity,
    ...(brokenOnly
      ? { rule: 'cadence_broken', threshold: limitsFor(rules, source).thresholds.low }
      : ruleOf(rules, source)),
    confirmed: false,
    confirmAtMs: startedMs + rules.confirmMs,
    lookedAtBeats: false,
    alertedMs: 0,
    told: 0,
    underMs: undefined,
    end: undefined,
    revision: 0,
    pending: new Set(),
  };
  source.episode = episode;
  episode.confirmed = isConfirmed(rules, episode);
  rules.note(`start by ${episode.rule}${source.prefixBits ? ' of a /64' : ''}`);
  raise(episode, 'start');
  return episode;
}

function update(rules: Rules, source: Source, episode: Episode): void {
  const { windowMs, updateMs, note } = rules;
  const severity = severityOf(rules, source);
  const over = severity > 0;
  if (over) episode.underMs = undefined;
  const rose = severity > episode.severity;
  if (rose) note(`${episode.rule} rose`);
  episode.severity = Math.max(episode.severity, severity);
  const brokenOnly = isBrokenOnly(rules, source);
  if (brokenOnly && !episode.confirmed) {
    Object.assign(episode, { rule: 'cadence_broken', threshold: limitsFor(rules, source).thresholds.low });
  } else if (over && episode.rule === 'cadence_broken') {
    note('more than broken');
    const confirmAtMs = source.clockMs + rules.confirmMs;
    Object.assign(episode, ruleOf(rules, source), { confirmAtMs, lookedAtBeats: false });
  } else if (rose) {
    Object.assign(episode, ruleOf(rules, source));
  }
  const confirmed = !episode.confirmed && isConfirmed(rules, episode);
  if (confirmed) note(`confirmed ${episode.rule}`);
  episode.confirmed ||= confirmed;

  const aborted = counted(source, 'aborted');
  const sinceMs = source.clockMs - episode.alertedMs;
  const bySlowOnly = isOverBySlowOnly(rules, source);
  const novel = aborted.filter((entry) => entry.novel).length;
  const due = sinceMs >= updateMs && (novel > 0 || !bySlowOnly);
  const doubled = !bySlowOnly && aborted.length >= 2 * episode.told;
  const changed = !bySlowOnly && sinceMs >= Math.min(windowMs, updateMs) / 10 && novel >= aborted.length / 2;
  if (rose || confirmed || (over && (due || doubled || changed))) raise(episode, 'ongoing');
}

function isConfirmed(rules: Rules, episode: Episode): boolean {
  const { source } = episode;
  if (isCorroborated(rules, source)) return true;
  if (source.clockMs < rules.warmUntilMs || episode.rule === 'cadence_broken') return false;
  if (source.clockMs >= episode.confirmAtMs && !episode.lookedAtBeats) {
    episode.lookedAtBeats = true;
    episode.confirmAtMs += furtherWaitMs(rules, source);
  }
  return source.clockMs >= episode.confirmAtMs;
}

/** Four beats more, where most of the services share one: the next visits show whether they are a health checker's. */
function furtherWaitMs({ note }: Rules, source: Source): number {
  const aborted = counted(source, 'aborted');
  const periods = aborted.filter((entry) => entry.beats >= 2).map((entry) => entry.periodMs);
  if (periods.length === 0) return 0;
  const median = periods.toSorted((x, y) => x - y)[Math.floor((periods.length - 1) / 2)]!;
  const alike = periods.filter((periodMs) => isSteady(periodMs, median)).length;
  if (alike <= aborted.length / 2) return 0;
  note('waits for the beat');
  return Math.min(4 * median, LONGEST_WAIT_MS);
}

function raise(episode: Episode, alertType: Alert['alertType']): void {
  const { source } = episode;
  episode.pending.add(alertType);
  episode.alertedMs = source.clockMs;
  episode.told = Math.max(episode.told, counted(source, 'aborted').length);
  for (const entry of source.entries) entry.novel = false;
}
