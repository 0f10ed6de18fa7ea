/** Time moves by so much while lines come, in their own time, or by a multiple of it. */
const STEP_MS = 1000;

/**
 * How far time stays behind the latest line, at the end too: Zeek writes a connection 5 s after it was closed or tried in vain,
 * but a reset one at once. Without this, a check each second would seem to have stopped.
 */
const LAG_MS = 10_000;

/** What has to know the time, in whole milliseconds. */
export type Timed = {
  /** Time is this now. */
  advance(nowMs: number): void;
  /** Before this time nothing happens by itself; any time of the past if something is to be done at once. */
  dueMs(): number;
};

/**
 * The time of replayed lines, which come nearly in order: it moves in steps of a second, so that what is due happens at its time;
 * steps in which nothing is due are left out, which are nearly all of them. Where the steps may fall depends on the first line
 * alone: two replays of one beginning see a source alike, whoever else is in them.
 */
export type EventClock = {
  /** A line ended at this time. An earlier one than another's changes nothing. */
  moveTo(atMs: number): void;
  /** There are no more lines: one last step where time stands. */
  end(): void;
  /** The next line is the first one of another replay. */
  restart(): void;
};

/** Time begins with the first line, which is no step. */
export function createEventClock(timed: Timed): EventClock {
  let nowMs = 0;
  let latestMs = Number.NEGATIVE_INFINITY;

  function stepTo(targetMs: number): void {
    while (nowMs < targetMs) {
      const dueSteps = Math.ceil((timed.dueMs() - nowMs) / STEP_MS);
      nowMs = Math.min(targetMs, nowMs + Math.max(1, dueSteps) * STEP_MS);
      timed.advance(nowMs);
    }
  }

  return {
    moveTo(atMs) {
      if (atMs <= latestMs) return;
      if (latestMs === Number.NEGATIVE_INFINITY) nowMs = Math.floor(atMs);
      const steps = Math.floor((atMs - LAG_MS - nowMs) / STEP_MS);
      if (steps > 0) stepTo(nowMs + steps * STEP_MS);
      latestMs = atMs;
    },
    end() {
      if (latestMs > Number.NEGATIVE_INFINITY) timed.advance(nowMs);
    },
    restart() {
      latestMs = Number.NEGATIVE_INFINITY;
    },
  };
}
