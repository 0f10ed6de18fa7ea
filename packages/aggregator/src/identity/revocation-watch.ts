import type { Logger } from '@connscan/program';
import { status } from '@grpc/grpc-js';
import type { OpenSessions } from '../ingest/open-sessions.ts';
import type { Database } from '../store/schema.ts';
import { findFallen } from './identities.ts';
import { expired } from './peer-of.ts';

/** How often the store is asked who was revoked, in milliseconds. */
const LOOK_MS = 10_000;

/** Without an answer of the store for so long, in milliseconds, nobody is known to stand: all sessions end. */
const BLIND_MS = 40_000;

export type RevocationWatch = {
  /** One look, to which the timer comes too; never rejects. */
  look(): Promise<void>;
  /** Waits for a question that is on its way. */
  stop(): Promise<void>;
};

export type RevocationWatchOptions = {
  readonly db: Database;
  readonly sessions: OpenSessions;
  /** Wall clock, by which certificates expire. */
  readonly nowMs: () => number;
  /** A clock that never jumps. */
  readonly steadyMs: () => number;
  readonly log: Pick<Logger, 'warn' | 'error'>;
};

/**
 * Ends the open sessions of agents that were revoked, by this process or by another one on the same store, and those whose
 * certificate has expired. Whatever fails, a revocation is in force within 60 s.
 */
export function startRevocationWatch({ db, sessions, nowMs, steadyMs, log }: RevocationWatchOptions): RevocationWatch {
  let seenMs = steadyMs();
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    sessions.end((session) => (session.expiresMs <= nowMs() ? expired(session.agentId) : undefined));
    if (steadyMs() - seenMs > BLIND_MS && sessions.count() > 0) {
      log.error('the store does not say who was revoked: all sessions end');
      sessions.end(() => ({ code: status.UNAVAILABLE, details: 'the store does not answer' }));
    }
    looking ??= ask().finally(() => {
      looking = undefined;
    });
    await looking;
  }

  async function ask(): Promise<void> {
    const startedMs = steadyMs();
    try {
      const fallen = new Set(await findFallen(db, sessions.agentIds()));
      seenMs = startedMs;
      for (const agentId of fallen) endRevoked(sessions, agentId);
      if (fallen.size > 0) log.warn({ agentIds: [...fallen] }, 'sessions of revoked agents are ended');
    } catch (error) {
      log.error({ err: error }, 'the store does not say who was revoked');
    }
  }

  const timer = setInterval(look, LOOK_MS).unref();
  return {
    look,
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}

/** Ends every open session of an agent whose identity was taken back. */
export function endRevoked(sessions: OpenSessions, agentId: string): void {
  const details = `agent ${agentId} was revoked`;
  sessions.end((session) => (session.agentId === agentId ? { code: status.PERMISSION_DENIED, details } : undefined));
}
