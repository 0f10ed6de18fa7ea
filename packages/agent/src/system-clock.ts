import type { SpoolClock } from './spool/spool.ts';

/** Time as this host has it. */
export const systemClock: SpoolClock = {
  wallTimeMs: Date.now,
  afterMs(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};
