import type { EndReason, ModelPolicy, Rule } from '@connscan/model';
import type { Alert } from '../src/index.ts';

/** One record as the tests write it: addresses as text. */
export type Observation = {
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  readonly outcome: number;
  readonly atMs: number;
  /** Serial number of the process that connected; left out: unknown. */
  readonly process?: number;
};

export type Class = 'aborted' | 'failed' | 'uncounted';

/** One (source, service, class). */
export type Entry = {
  readonly destination: string;
  readonly port: number;
  readonly of: Class;
  lastMs: number;
  /** Which record gave lastMs its value: entries of one time stand in this order. */
  turn: number;
  outcome: number;
  inWindow: boolean;
  /** In the longer window of the slow rule. */
  inSlow: boolean;
  /** First time and connections of the stay: since it entered the window. */
  firstMs: number;
  connections: number;
  /** It entered the window since the last alert. */
  novel: boolean;
  untold: number;
  beats: number;
  periodMs: number;
  /** Window boundaries between its visits. */
  windows: number;
  habit: { sinceMs: number; state: 'probation' | 'trusted' | 'pinned' } | undefined;
  /** Its beat stopped during probation; until it enters the window anew. */
  broken: boolean;
  /** Older than anything that is known of it, but for what is untold. */
  expired: boolean;
};

/** What is known of the beat of a service that was visited once. */
export const NO_BEAT = { beats: 1, periodMs: 0, windows: 0 };

export type Episode = {
  readonly source: Source;
  readonly startedMs: number;
  readonly firstSeenMs: number;
  lastSeenMs: number;
  severity: number;
  rule: Rule;
  threshold: number;
  confirmed: boolean;
  confirmAtMs: number;
  /** Whether it was looked once whether its services share a beat. */
  lookedAtBeats: boolean;
  alertedMs: number;
  /** The highest count that an alert told. */
  told: number;
  underMs: number | undefined;
  end: { readonly reason: EndReason; readonly ms: number } | undefined;
  revision: number;
  readonly pending: Set<Alert['alertType']>;
};

export type Source = {
  readonly address: string;
  readonly prefixBits: 64 | undefined;
  clockMs: number;
  entries: Entry[];
  episode: Episode | undefined;
  /** When its last episode started. */
  startedMs: number;
};

/** What the rules read: the policy in milliseconds, and when warm-up ends. */
export type Rules = {
  readonly policy: ModelPolicy;
  readonly windowMs: number;
  readonly slowMs: number;
  readonly updateMs: number;
  readonly confirmMs: number;
  readonly probationMs: number;
  readonly forgetMs: number;
  readonly warmUntilMs: number;
  /** Notes that something worth testing happened. */
  readonly note: (what: string) => void;
};

export function rulesOf(policy: ModelPolicy, startedMs: number, note: (what: string) => void): Rules {
  return {
    policy,
    windowMs: policy.rollupPeriodSeconds * 1000,
    slowMs: policy.slow.periodSeconds * 1000,
    updateMs: policy.updateIntervalSeconds * 1000,
    confirmMs: policy.confirmSeconds * 1000,
    probationMs: policy.cadence.probationSeconds * 1000,
    forgetMs: policy.cadence.forgetSeconds * 1000,
    warmUntilMs: startedMs + policy.warmUpSeconds * 1000,
    note,
  };
}
