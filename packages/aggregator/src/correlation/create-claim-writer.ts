import type { Detection } from '@connscan/model';
import { saveClaims } from '../store/save-claims.ts';
import type { Database, DetectionRow } from '../store/schema.ts';

/** Commits the aggregator's own claims, in their order. */
export type ClaimWriter = {
  /** Takes alerts, and commits them at once unless a commit is under way. Never rejects. */
  add(alerts: readonly Detection[]): void;
  /** Tries again what the store did not take. */
  retry(): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
};

export type ClaimWriterOptions = {
  readonly db: Database;
  /** Resolves when this process alone writes to the store. */
  readonly hold: () => Promise<void>;
  /** Hears of the detections after each commit. */
  readonly onCommitted: (detections: DetectionRow[]) => void;
  readonly onFailed: (error: unknown) => void;
};

export function createClaimWriter({ db, hold, onCommitted, onFailed }: ClaimWriterOptions): ClaimWriter {
  let waiting: Detection[] = [];
  let running: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const alerts = waiting;
      waiting = [];
      try {
        await hold();
        onCommitted(await db.transaction().execute((transaction) => saveClaims(transaction, null, alerts)));
      } catch (error) {
        // The detector has told them and will not again.
        waiting = [...alerts, ...waiting];
        onFailed(error);
        return;
      }
    }
  }

  function start(): void {
    running ??= write().finally(() => {
      running = undefined;
    });
  }

  return {
    add(alerts) {
      if (alerts.length === 0) return;
      waiting.push(...alerts);
      start();
    },
    retry: start,
    settled: async () => running,
  };
}
