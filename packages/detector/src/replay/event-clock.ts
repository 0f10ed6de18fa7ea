/** How often time moves while lines come, in their own time. */
const STEP_MS = 1000;

/**
 * How far time stays behind the latest line, at the end too: Zeek writes a connection 5 s after it was closed or tried in vain,
 * but a reset one at once. Without this, a check each second would seem to have stopped.
 */
const LAG_MS = 10_000;

/** Through a gap time moves in steps of this share of the gap so far: a year takes some 700 of them. */
const GAP_SHARE = 64;

/** The time of replayed lines, which come nearly in order: it moves in small steps, so that what is due happens at its time. */
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
    const gapFromMs = nowMs;
    while (nowMs < targetMs) {
      nowMs = Math.min(targetMs, nowMs + Math.max(STEP_MS, Math.floor((nowMs - gapFromMs) / GAP_SHARE)));
      onStep(nowMs);
    }
  }

  return {
    moveTo(atMs) {
      if (atMs <= latestMs) return;
      if (latestMs === 0) nowMs = Math.floor(atMs);
      latestMs = atMs;
      const steps = Math.floor((atMs - LAG_MS - nowMs) / STEP_MS);
      if (steps > 0) stepTo(nowMs + steps * STEP_MS);
    },
    end() {
      if (latestMs > 0) onStep(nowMs);
    },
  };
}
