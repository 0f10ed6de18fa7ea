import type { Logger } from '@connscan/program';
import type { TimeMessage } from '@connscan/wire';

/** A clock this far from the aggregator's, in milliseconds, is wrong: NTP keeps hosts within some ten, and correlation waits ten seconds for them. */
const WRONG_MS = 1000;

/** Answers that are remembered: half a minute of them, so that one that was late is made good by those beside it. */
const ANSWERS = 16;

export type FleetClockOptions = {
  /** A clock that never jumps. */
  readonly bootTimeMs: () => number;
  /** The clock of this host, which may be wrong and may be set at any time. */
  readonly wallTimeMs: () => number;
  readonly logger: Logger;
};

/** Wall-clock time that all agents of an aggregator agree on. */
export type FleetClock = {
  /** That of this host while it may be right; else the aggregator's, carried on by the time since boot. */
  wallTimeMs(): number;
  /** The aggregator has said what time it has. */
  told(answer: TimeMessage): void;
  /** How far this host is ahead of the aggregator at least, in milliseconds, or behind if negative; 0 if its clock may be right. */
  aheadMs(): number;
};

/** What wall-clock minus boot time can be: the aggregator answered between question and answer. */
type Bounds = { readonly least: number; readonly most: number };

/** Times are the host's own until the aggregator has answered once: what a wrong clock made before that stays wrong. */
export function createFleetClock({ bootTimeMs, wallTimeMs, logger }: FleetClockOptions): FleetClock {
  let answers: readonly Bounds[] = [];
  let bounds: Bounds = boundsOf(answers);
  let wasWrong = false;

  function aheadMs(): number {
    const offset = wallTimeMs() - bootTimeMs();
    const ahead = offset - Math.min(Math.max(offset, bounds.least), bounds.most);
    return Math.abs(ahead) > WRONG_MS ? ahead : 0;
  }

  return {
    aheadMs,
    wallTimeMs: () => (aheadMs() === 0 ? wallTimeMs() : bootTimeMs() + bounds.least),
    told({ wallMs, sentMs }) {
      const answer = { least: wallMs - bootTimeMs(), most: wallMs - sentMs };
      answers = [...answers, answer].slice(-ANSWERS);
      bounds = boundsOf(answers);
      if (bounds.least > bounds.most) {
        // The aggregator's own clock was set, and it is right by definition.
        answers = [answer];
        bounds = answer;
      }
      const ahead = aheadMs();
      const isWrong = ahead !== 0;
      if (isWrong !== wasWrong) {
        if (isWrong)
          logger.warn({ aheadMs: Math.round(ahead) }, "this host's clock is wrong: times are the aggregator's");
        else logger.info("this host's clock is right again");
      }
      wasWrong = isWrong;
    },
  };
}

function boundsOf(answers: readonly Bounds[]): Bounds {
  return {
    least: Math.max(...answers.map(({ least }) => least)),
    most: Math.min(...answers.map(({ most }) => most)),
  };
}
