import { sql } from 'kysely';
import type { Database, PolicyRow } from '../store/schema.ts';
import type { WhatIf, WhatIfs } from '../tuning/create-what-ifs.ts';
import type { Policies } from './create-policies.ts';
import { findAgentIds } from './save-policies.ts';

/** How a forecast stands; undefined while it is being made. */
type Forecast = { readonly perHour: number } | { readonly problem: string } | undefined;

export type Forecasts = {
  /** Begins the forecast of a draft, or says how it stands. */
  of(draft: PolicyRow): Promise<Forecast>;
  /** Ends those of every other version. */
  keep(versions: readonly number[]): void;
};

export type ForecastSources = {
  readonly db: Database;
  readonly policies: Pick<Policies, 'propose'>;
  readonly whatIfs: Pick<WhatIfs, 'start' | 'find' | 'cancel'>;
  readonly nowMs: () => number;
};

const HOUR_MS = 3_600_000;

/** What is replayed: a day has all hours of work and rest. */
const HISTORY_MS = 24 * HOUR_MS;

/** How many detections an hour a draft would have, by what-ifs of the last day. They are in memory alone: a restart begins anew. */
export function createForecasts({ db, policies, whatIfs, nowMs }: ForecastSources): Forecasts {
  const begun = new Map<number, { readonly id: string; readonly hours: number }>();

  async function begin({ version, selector }: PolicyRow): Promise<void> {
    const untilMs = nowMs();
    const sinceMs = untilMs - HISTORY_MS;
    const pair = await policies.propose({ labels: selector, version });
    const agentIds = Object.keys(selector).length > 0 ? await findAgentIds(db, selector) : undefined;
    const hours = await hoursOfHistory(db, sinceMs, untilMs);
    const options = { ...pair, sinceMs, untilMs, labels: selector, ...(agentIds && { agentIds }) };
    const whatIf = whatIfs.start(options);
    // Where too many others wait, the next look tries again.
    if (whatIf) begun.set(version, { id: whatIf.id, hours });
  }

  return {
    async of(draft) {
      const { id, hours } = begun.get(draft.version) ?? {};
      const whatIf = id === undefined ? undefined : whatIfs.find(id);
      if (!whatIf) {
        await begin(draft);
        return undefined;
      }
      const forecast = forecastOf(whatIf, hours!);
      if (forecast) begun.delete(draft.version);
      return forecast;
    },
    keep(versions) {
      for (const [version, { id }] of begun) {
        if (versions.includes(version)) continue;
        whatIfs.cancel(id);
        begun.delete(version);
      }
    },
  };
}

function forecastOf({ state, problem, result }: WhatIf, hours: number): Forecast {
  if (result) return { perHour: result.candidateTotal / hours };
  if (state === 'FAILED' || state === 'CANCELLED') return { problem: problem ?? 'the what-if was cancelled' };
  return undefined;
}

/** Hours of the time that have a history, one at least: the first minutes of a new aggregator say little. */
async function hoursOfHistory(db: Database, sinceMs: number, untilMs: number): Promise<number> {
  const { rows } = await sql<{ oldest: Date | null }>`
    select min(hour) as oldest from sighting_hours
    where hour > ${new Date(sinceMs - HOUR_MS)} and hour < ${new Date(untilMs)}`.execute(db);
  const fromMs = Math.max(sinceMs, rows[0]?.oldest?.getTime() ?? untilMs);
  return Math.max(1, (untilMs - fromMs) / HOUR_MS);
}
