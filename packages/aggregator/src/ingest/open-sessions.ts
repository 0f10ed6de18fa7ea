import { status } from '@grpc/grpc-js';
import type { Refusal } from '../identity/peer-of.ts';
import type { CloneEnd } from '../store/schema.ts';

/** What is known of a session that is open. */
export type SessionFacts = CloneEnd & {
  readonly agentId: string;
  readonly epoch: string;
  /** When its certificate ends. */
  readonly expiresMs: number;
};

/** A session from its Hello to its end. */
export type OpenSession = {
  /**
   * Resolves when no other instance can send under the same epoch, whose numbers would be taken for one another; with a
   * refusal if one keeps doing so. Until then, nothing more is read of this session.
   */
  readonly turn: Promise<Refusal | undefined>;
  /** To be called with each message: its agent was alive when it sent it. */
  heard(): void;
  /** To be called at its end, whatever the end. */
  close(): void;
};

/** Which agents have a session open now. */
export type OpenSessions = {
  /** Takes up a session; `end` ends it. One of the same instance is ended: an agent that reconnects has left it. */
  open(facts: SessionFacts, end: (refusal: Refusal) => void): OpenSession;
  isOpen(agentId: string): boolean;
  /** Sessions open now, of all agents. */
  count(): number;
  /** Agents that have a session. */
  agentIds(): string[];
  /** Ends every session for which there is a reason. */
  end(reasonOf: (facts: SessionFacts) => Refusal | undefined): void;
};

export type OpenSessionsOptions = {
  /** A clock that never jumps. */
  readonly steadyMs: () => number;
  /** Hears of two instances that were alive at the same time, once for each two sessions. */
  readonly onClone: (agentId: string, ends: readonly [elder: CloneEnd, younger: CloneEnd]) => void;
};

/**
 * An agent that was killed leaves a session behind, with messages on their way, and a restarted one may say Hello before
 * the end of that is noticed. What is still heard so long after another's Hello, in milliseconds, was sent after it: on
 * their way are 32 batches at most, half a second's work of the store.
 */
const CLONE_MS = 10_000;

/** Two at a time are normal for a moment. */
const MAX_SESSIONS_OF_AGENT = 8;

type Entry = SessionFacts & {
  readonly openedMs: number;
  readonly end: (refusal: Refusal) => void;
  readonly decide: (refusal: Refusal | undefined) => void;
  /** Whether it was told as the younger of two. */
  flagged: boolean;
};

export function createOpenSessions({ steadyMs, onClone }: OpenSessionsOptions): OpenSessions {
  /** The sessions of each agent in the order of their Hello. */
  const entries = new Map<string, Entry[]>();
  const of = (agentId: string) => entries.get(agentId) ?? [];

  function remove(entry: Entry): void {
    const rest = of(entry.agentId).filter((other) => other !== entry);
    if (rest.length > 0) entries.set(entry.agentId, rest);
    else entries.delete(entry.agentId);
    for (const [at, other] of rest.entries()) if (!rivalOf(rest.slice(0, at), other)) other.decide(undefined);
  }

  function open(facts: SessionFacts, end: (refusal: Refusal) => void): OpenSession {
    const { agentId, instance } = facts;
    for (const former of of(agentId)) {
      if (former.instance !== instance) continue;
      remove(former);
      former.end({ code: status.ABORTED, details: 'the agent has opened another session' });
    }
    const { promise: turn, resolve: decide } = Promise.withResolvers<Refusal | undefined>();
    const entry: Entry = { ...facts, openedMs: steadyMs(), end, decide, flagged: false };
    const elders = of(agentId);
    entries.set(agentId, [...elders, entry]);
    if (elders.length >= MAX_SESSIONS_OF_AGENT) {
      decide({ code: status.RESOURCE_EXHAUSTED, details: `agent ${agentId} has ${elders.length} sessions already` });
    } else if (!rivalOf(elders, entry)) decide(undefined);
    return { turn, heard: () => heard(entry), close: () => remove(entry) };
  }

  function heard(entry: Entry): void {
    const sessions = of(entry.agentId);
    const at = sessions.indexOf(entry);
    // One that was replaced finishes its last message.
    if (at < 0) return;
    for (const younger of sessions.slice(at + 1)) {
      if (younger.flagged || steadyMs() - younger.openedMs < CLONE_MS) continue;
      younger.flagged = true;
      onClone(entry.agentId, [endOf(entry), endOf(younger)]);
      if (younger.epoch !== entry.epoch) continue;
      const details = `a copy of this agent is alive on ${entry.hostname}: enroll one of them anew, with an empty data directory`;
      younger.decide({ code: status.FAILED_PRECONDITION, details });
    }
  }

  return {
    open,
    isOpen: (agentId) => entries.has(agentId),
    count: () => entries.values().reduce((sum, { length }) => sum + length, 0),
    agentIds: () => [...entries.keys()],
    end(reasonOf) {
      for (const entry of [...entries.values()].flat()) {
        const refusal = reasonOf(entry);
        if (refusal) entry.end(refusal);
      }
    },
  };
}

/** The elder session, if any, whose numbers a session would be mixed up with. */
function rivalOf(elders: readonly Entry[], { epoch }: Entry): Entry | undefined {
  return elders.find((elder) => elder.epoch === epoch);
}

/** Without zero bytes, which no store takes: they would keep a clone from being told. */
function endOf({ instance, hostname, bootId }: Entry): CloneEnd {
  return { instance, hostname: hostname.replaceAll('\0', ''), bootId: bootId.replaceAll('\0', '') };
}
