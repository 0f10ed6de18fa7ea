/** How many rows a second each agent may have committed. */
export type RowQuota = {
  /** Charges rows to an agent, and tells for how many milliseconds nothing more is to be read of it. */
  charge(agentId: string, rows: number): number;
};

/**
 * By default: a fifth of the 50,000 rows a second that a store takes here, so that one agent that floods leaves room for all
 * others; it keeps in its spool what is not read yet. A /16 that is swept on one port within ten seconds is below that.
 */
export const DEFAULT_ROWS_PER_SECOND = 10_000;

/** An agent that was quiet may send what it gathered in so many seconds at once. */
const BURST_SECONDS = 2;

export type RowQuotaOptions = {
  readonly rowsPerSecond: number;
  /** A clock that never jumps. */
  readonly steadyMs: () => number;
};

/** Rows an agent has left; below nothing is what it has to wait for. */
type Bucket = { rows: number; atMs: number };

export function createRowQuota({ rowsPerSecond, steadyMs }: RowQuotaOptions): RowQuota {
  const most = rowsPerSecond * BURST_SECONDS;
  const buckets = new Map<string, Bucket>();
  return {
    charge(agentId, rows) {
      const atMs = steadyMs();
      const before = buckets.get(agentId) ?? { rows: most, atMs };
      const left = Math.min(most, before.rows + ((atMs - before.atMs) * rowsPerSecond) / 1000) - rows;
      buckets.set(agentId, { rows: left, atMs });
      return Math.max(0, (-left * 1000) / rowsPerSecond);
    },
  };
}
