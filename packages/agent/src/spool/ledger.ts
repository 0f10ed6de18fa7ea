import type { Loss, LossReason } from '@connscan/wire';
import { addLoss } from './add-loss.ts';
import type { CursorState } from './cursor-state.ts';
import { createNumberSet, type Range } from './number-set.ts';

/** Which numbers of the epoch were given, acknowledged and lost: appended = acknowledged + lost + waiting. */
export type Ledger = {
  readonly epoch: string;
  /** Rises with each change. */
  version(): number;
  through(): number;
  /** Gives the next number. */
  take(): number;
  isSettled(seq: number): boolean;
  /** False if it was acknowledged or lost before, or never given. */
  acknowledge(seq: number): boolean;
  /** Numbers that are not settled; `rows` as far as they are known. */
  lose(range: Range, rows: number | undefined, reason: LossReason): void;
  /** The loss batch that waits to be acknowledged: a new one if there is something to tell and none is under way. */
  tell(timeMs: number): CursorState['told'];
  told(): CursorState['told'];
  counts(): {
    readonly appended: number;
    readonly acknowledged: number;
    readonly lostFull: number;
    readonly lostDamage: number;
  };
  state(): CursorState;
};

export function createLedger(start: CursorState): Ledger {
  const { epoch } = start;
  const settled = createNumberSet(start.settled);
  const lost = { full: start.lostFull, damage: start.lostDamage };
  let { version, through, told } = start;
  let untold: Loss[] = start.untold;

  return {
    epoch,
    version: () => version,
    through: () => through,
    take() {
      version++;
      return ++through;
    },
    isSettled: (seq) => settled.has(seq),
    acknowledge(seq) {
      if (!(seq >= 1 && seq <= through) || settled.add(seq, seq) === 0) return false;
      if (seq === told?.seq) told = undefined;
      version++;
      return true;
    },
    lose([from, end], rows, reason) {
      const batches = settled.add(from, end);
      lost[reason] += batches;
      untold = addLoss(untold, { from, through: end, batches, ...(rows !== undefined && { rows }), reason });
      version++;
    },
    tell(timeMs) {
      if (told || untold.length === 0) return told;
      told = { seq: ++through, timeMs, losses: untold };
      untold = [];
      version++;
      return told;
    },
    told: () => told,
    counts: () => ({
      appended: through,
      acknowledged: settled.size() - lost.full - lost.damage,
      lostFull: lost.full,
      lostDamage: lost.damage,
    }),
    state: () => ({
      version,
      epoch,
      through,
      lostFull: lost.full,
      lostDamage: lost.damage,
      settled: settled.ranges().map(([a, b]) => [a, b]),
      coarse: false,
      told,
      untold,
    }),
  };
}
