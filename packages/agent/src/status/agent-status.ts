import type { Unavailable } from '@connscan/probe';
import type { Health, PolicyState } from '@connscan/wire';

/** How the session with the aggregator stands. Times are wall-clock milliseconds. */
export type SessionStatus = {
  /** `waiting`: for the next try, at `nextRetryMs`. */
  readonly state: 'connecting' | 'connected' | 'waiting' | 'stopped';
  /** Since when it is in this state. */
  readonly sinceMs: number;
  readonly lastAckMs?: number | undefined;
  /** Why the last session ended, which may be long ago. */
  readonly lastError?: string | undefined;
  readonly lastErrorMs?: number | undefined;
  readonly nextRetryMs?: number | undefined;
};

/** An agent at one moment: what `connscan-agent status` shows and the metrics are made of. */
export type AgentStatus = {
  readonly agentId: string;
  readonly version: string;
  readonly pid: number;
  /** Wall-clock milliseconds, as all times here. */
  readonly startedMs: number;
  readonly session: SessionStatus;
  /** The policy in force; version 0 is that of the config file. */
  readonly policy: PolicyState;
  /** Whom the agent proves to be; undefined with --insecure. */
  readonly certificate: { readonly expiresMs: number } | undefined;
  /** Parts of the probe that this kernel does not take. */
  readonly unavailable: readonly Unavailable[];
  /** Canary connections since the last one that the probe saw. */
  readonly canaryMissed: number;
  /** What the agent does without at the moment, as its memory is near its bound. */
  readonly shedding: readonly string[];
  /** The very message that goes to the aggregator. */
  readonly health: Health;
};

/** What `/status` on the agent's socket answers. */
export type StatusAnswer = AgentStatus & {
  readonly atMs: number;
  /** What is wrong now, in plain words; an agent without problems is healthy. */
  readonly problems: readonly string[];
};
