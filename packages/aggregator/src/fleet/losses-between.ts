import type { Health } from '@connscan/wire';

/** What may be wrong with an agent that is alive, and what that means. */
export const AGENT_PROBLEMS = {
  KERNEL_LOSS: 'Its kernel had events that the agent never got: a ring was full, or the probe was not run.',
  CANARY_UNSEEN: 'Its probe does not see the connections that the agent makes to be seen: it is blind.',
  CLOCK_WRONG:
    'The clock of its host is more than a second from that of the aggregator, which its times are told by instead.',
  WORKER_DEATH: 'One of its drain workers died, and its tables were rebuilt.',
  BATCHES_LOST: 'Its spool gave up batches: the disk was full or damaged.',
  NOT_DURABLE: 'What it finds does not reach its disk.',
  SNAPSHOTS_SHED: 'It took no snapshots of some processes, to stay within its memory.',
} as const;

export type AgentProblem = keyof typeof AGENT_PROBLEMS;

/** Counters since the agent started. */
const SINCE_START: Partial<Record<AgentProblem, (health: Health) => number>> = {
  KERNEL_LOSS: ({ reserveFailed, recursionMisses }) => reserveFailed + recursionMisses,
  WORKER_DEATH: ({ detector }) => detector.workerDeaths,
  SNAPSHOTS_SHED: ({ resources }) => resources?.shedSnapshots ?? 0,
};

/** Counters since the epoch of its spool began, which outlasts a start. */
const SINCE_EPOCH: typeof SINCE_START = {
  BATCHES_LOST: ({ spool }) => (spool ? spool.lostFull + spool.lostDamage : 0),
};

/** The losses whose counter has risen; what begins anew counts from zero. */
export function lossesBetween(before: Health | undefined, now: Health): AgentProblem[] {
  const isSameStart = before !== undefined && before.seen <= now.seen;
  const isSameEpoch = before?.spool != null && before.spool.appended <= (now.spool?.appended ?? 0);
  return [
    ...risen(SINCE_START, isSameStart ? before : undefined, now),
    ...risen(SINCE_EPOCH, isSameEpoch ? before : undefined, now),
  ];
}

function risen(counters: typeof SINCE_START, before: Health | undefined, now: Health): AgentProblem[] {
  const found = Object.entries(counters).filter(([, count]) => count(now) > (before ? count(before) : 0));
  return found.map(([problem]) => problem as AgentProblem);
}
