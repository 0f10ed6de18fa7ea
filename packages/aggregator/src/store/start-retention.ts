import type { Logger } from '@connscan/program';
import { deleteOldRows } from './delete-old-rows.ts';
import type { Database } from './schema.ts';
import { openSightingDays, type SightingDays } from './sighting-days.ts';
import { vacuum } from './vacuum.ts';

export type RetentionOptions = {
  readonly db: Database;
  readonly retentionDays: number;
  readonly wallMs: () => number;
  readonly log: Pick<Logger, 'error'>;
  /** Whether there is no server that vacuums the store by itself. */
  readonly isEmbedded: boolean;
};

const SWEEP_MS = 3_600_000;

/**
 * Keeps sightings, their hours and the marks of batches for so many days, with partitions made ahead. Detections, their
 * alerts and the audit log are kept for ever. Sweeps now, and each hour until `stop`; then the embedded store is vacuumed too.
 */
export async function startRetention(
  options: RetentionOptions,
): Promise<{ days: SightingDays; stop(): Promise<void> }> {
  const { db, retentionDays, wallMs, log, isEmbedded } = options;
  const days = await openSightingDays(options);
  await days.sweep();
  const stopping = new AbortController();
  let sweeping = sweepRows();

  function sweepRows(): Promise<void> {
    return deleteOldRows(db, { nowMs: wallMs(), retentionDays }, stopping.signal).catch(tell);
  }

  function tell(error: unknown): void {
    if (!stopping.signal.aborted) log.error({ err: error }, 'old rows were not deleted');
  }

  async function vacuumStore(): Promise<void> {
    if (!isEmbedded) return;
    await vacuum(db, stopping.signal).catch((error: unknown) => {
      if (!stopping.signal.aborted) log.error({ err: error }, 'the store was not vacuumed');
    });
  }

  const timer = setInterval(() => {
    sweeping = sweeping.then(days.sweep).catch(tell).then(sweepRows).then(vacuumStore);
  }, SWEEP_MS);
  return {
    days,
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await sweeping;
    },
  };
}
