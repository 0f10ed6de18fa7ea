import { setTimeout as delay } from 'node:timers/promises';
import { problemsOf } from '@connscan/model';
import type { Logger } from '@connscan/program';
import {
  type AggregatorMessage,
  type AggregatorStream,
  type Hello,
  helloSchema,
  sentHealthSchema,
} from '@connscan/wire';
import { Metadata, status } from '@grpc/grpc-js';
import type { Fleet } from '../fleet/create-fleet.ts';
import type { Admission } from '../identity/admission.ts';
import type { Peer, Refusal } from '../identity/peer-of.ts';
import type { Policies, PolicySession } from '../policy/create-policies.ts';
import type { BatchKey } from '../store/batch.ts';
import type { Commit } from '../store/commit-batch.ts';
import { saveHealth, saveHello } from '../store/save-agent.ts';
import type { Database } from '../store/schema.ts';
import { unstorableReason } from '../store/unstorable-reason.ts';
import { type BatchAnswers, createBatchAnswers } from './answer-batches.ts';
import type { Committer } from './create-committer.ts';
import { createEnding } from './create-ending.ts';
import { messagesOf } from './messages-of.ts';
import type { OpenSession, OpenSessions } from './open-sessions.ts';
import { readKey } from './read-batch.ts';
import type { RowQuota } from './row-quota.ts';

export type SessionContext = {
  readonly db: Database;
  readonly committer: Committer;
  readonly rowQuota: RowQuota;
  readonly admission: Admission;
  readonly sessions: OpenSessions;
  readonly policies: Policies;
  readonly fleet: Fleet;
  /** The clock that all agents are to go by. */
  readonly wallTimeMs: () => number;
  readonly log: Logger;
  /** Aborted when the aggregator stops: a message that is being stored is finished and answered. */
  readonly stopping: AbortSignal;
};

/** Details travel in a header, and there may be a problem for each of a megabyte's fields. */
const MAX_DETAILS_LENGTH = 500;

/** An idle session holds 31 KB: so many take 155 MB. */
const MAX_SESSIONS = 5000;

/** How long an agent is asked to stay away, in milliseconds: when there are too many, and when the store fails. */
const CROWDED_MS = 30_000;
const STORE_FAILED_MS = 5000;

const STORE_FAILED: Refusal = {
  code: status.UNAVAILABLE,
  details: 'the store failed: send what is not acknowledged again',
};

type Session = Hello & Peer & { readonly answers: BatchAnswers; rejected: boolean; policy?: PolicySession };

/** Runs one agent's session from Hello to its end. Whatever the agent sends ends this stream at most. */
export async function serveSession(call: AggregatorStream, context: SessionContext): Promise<void> {
  const refusal = await runSession(call, context);
  if (call.destroyed) return;
  if (refusal) call.emit('error', refusal);
  else call.end();
}

async function runSession(call: AggregatorStream, context: SessionContext): Promise<Refusal | undefined> {
  const { admission, committer, db, fleet, log, policies, rowQuota, sessions, stopping, wallTimeMs } = context;
  const stranger = admission.refuse(call);
  if (stranger) return stranger;
  const ending = createEnding(call, stopping);
  const tellTime = (sentMs: number) => send(call, { time: { wallMs: wallTimeMs(), sentMs } }, ending.signal);
  let session: Session | undefined;
  let opened: OpenSession | undefined;
  try {
    for await (const message of messagesOf(call, ending.signal)) {
      if (session) {
        // What comes from a connection that is gone says nothing of its agent.
        if (!call.cancelled) opened?.heard();
        const refusal = await take(context, session, message as Partial<Record<string, unknown>>, tellTime);
        if (refusal) {
          await session.answers.drained();
          return refusal;
        }
        continue;
      }
      if (sessions.count() >= MAX_SESSIONS) {
        await send(call, { retryAfter: { milliseconds: CROWDED_MS } }, ending.signal);
        return { code: status.RESOURCE_EXHAUSTED, details: `${MAX_SESSIONS} agents have a session` };
      }
      const hello = helloSchema.safeParse((message as { hello?: unknown }).hello);
      if (!hello.success) return invalid(`the first message must be a hello: ${problemsOf(hello.error).join('; ')}`);
      const peer = await admission.admit(call, hello.data);
      if ('code' in peer) return peer;
      const facts: Session = {
        ...hello.data,
        ...peer,
        rejected: false,
        answers: createBatchAnswers({
          committer,
          answer: (key, commit) => answer(call, { log, signal: ending.signal }, facts, key, commit),
          async pace(rows) {
            const waitMs = rowQuota.charge(facts.agentId, rows);
            if (waitMs >= 1) await delay(waitMs, undefined, { signal: ending.signal }).catch(() => {});
          },
          onFailed: () => ending.end(STORE_FAILED),
        }),
      };
      session = facts;
      opened = sessions.open(session, ending.end);
      // It tells the agent that it is heard, also when there is nothing else to say.
      call.sendMetadata(new Metadata());
      const refusal = await Promise.race([opened.turn, ending.ended]);
      if (refusal || ending.signal.aborted) return refusal;
      await saveHello(db, session);
      fleet.greeted(session.agentId);
      session.policy = await policies.follow(session, (policy) => send(call, { policy }, ending.signal));
    }
    await session?.answers.drained();
    return ending.reason();
  } catch (error) {
    const reason = unstorableReason(error);
    if (reason !== undefined) return invalid(reason);
    log.error({ err: error, agentId: session?.agentId }, 'the store failed');
    await send(call, { retryAfter: { milliseconds: STORE_FAILED_MS } }, ending.signal);
    return STORE_FAILED;
  } finally {
    session?.policy?.close();
    opened?.close();
    ending.dispose();
  }
}

async function take(
  { db, fleet }: SessionContext,
  session: Session,
  { batch, health, hello, policyState }: Partial<Record<string, unknown>>,
  tellTime: (sentMs: number) => Promise<void>,
): Promise<Refusal | undefined> {
  if (batch !== undefined) {
    const key = readKey(session, batch);
    if (typeof key === 'string') return invalid(key);
    await session.answers.add(key, batch);
    return undefined;
  }
  if (hello !== undefined) return invalid('hello: a session has one, its first message');
  if (policyState !== undefined) {
    const problem = await session.policy?.told(policyState);
    return problem === undefined ? undefined : invalid(problem);
  }
  const parsed = sentHealthSchema.safeParse(health);
  if (!parsed.success)
    return invalid(`message: must be a batch, a health or a policyState: ${problemsOf(parsed.error).join('; ')}`);
  const { sentMs, ...counters } = parsed.data;
  // Before the store, which may take its time.
  if (sentMs > 0) await tellTime(sentMs);
  await saveHealth(db, session.agentId, counters);
  fleet.heard(session.agentId, counters);
  return undefined;
}

async function answer(
  call: AggregatorStream,
  { log, signal }: Pick<SessionContext, 'log'> & { readonly signal: AbortSignal },
  session: Session,
  { seq }: BatchKey,
  commit: Commit,
): Promise<void> {
  if (commit.state === 'rejected') {
    const { reason } = commit;
    // Only the first: the agent's row counts them all, and an agent must not fill the log.
    if (!session.rejected) log.warn({ agentId: session.agentId, seq, reason }, 'batch rejected');
    session.rejected = true;
    await send(call, { reject: { seq, reason } }, signal);
  }
  await send(call, { ack: { through: seq } }, signal);
}

/** Writes, and waits while the agent does not read, until the session ends. */
async function send(call: AggregatorStream, message: AggregatorMessage, signal: AbortSignal): Promise<void> {
  if (call.destroyed || call.write(message) || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => resolve();
  call.once('drain', wake);
  signal.addEventListener('abort', wake);
  await promise;
  signal.removeEventListener('abort', wake);
}

function invalid(details: string): Refusal {
  return { code: status.INVALID_ARGUMENT, details: details.slice(0, MAX_DETAILS_LENGTH) };
}
