/** How often time moves while lines come, in their own time. */
const STEP_MS = 1000;

/**
 * How far time stays behind the latest line, at the end too: Zeek writes a connection 5 s after it was closed or tried in vain,
 * but a reset one at once. Without this, a check each second would seem to have stopped.
 */
const LAG_MS = 10_000;

/**
 * So long after the last line something may still happen by itself: habits on probation break within a day, what they start is
 * a slow scan for another day, and quiet an hour later. Through the rest of a gap time moves at once, so that a year costs
 * some 180,000 steps, a tenth of a second.
 */
const SETTLED_MS = 50 * 3_600_000;

/**
 * The time of replayed lines, which come nearly in order: it moves in steps of a second, so that what is due happens at its time.
 * Where the steps fall depends on the first line alone: two replays of one beginning see a source alike, whoever else is in them.
 */
export type EventClock = {
  /** A line ended at this time. An earlier one than another's changes nothing. */
  moveTo(atMs: number): void;
  /** There are no more lines: one last step where time stands. */
  end(): void;
};

/** Tells each step, in whole milliseconds. Time begins with the first line, which is no step. */
export function createEventClock(onStep: (nowMs: number) => void): EventClock {
  let nowMs = 0;
  let latestMs = 0;

  function stepTo(targetMs: number): void {
    const settledMs = latestMs + SETTLED_MS;
    while (nowMs < targetMs) {
      nowMs = nowMs < settledMs ? nowMs + STEP_MS : targetMs;
      onStep(nowMs);
    }
  }

  return {
    moveTo(atMs) {
      if (atMs <= latestMs) return;
      if (latestMs === 0) nowMs = Math.floor(atMs);
      const steps = Math.floor((atMs - LAG_MS - nowMs) / STEP_MS);
      if (steps > 0) stepTo(nowMs + steps * STEP_MS);
      latestMs = atMs;
    },
    end() {
      if (latestMs > 0) onStep(nowMs);
    },
  };
}
