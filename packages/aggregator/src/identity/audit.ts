import { sql } from 'kysely';
import type { Page } from '../store/page.ts';
import type { AuditRow, Database, DatabaseTransaction } from '../store/schema.ts';

/** What is written down, with what its subject is. */
export const AUDIT_ACTIONS = {
  ENROLL_TOKEN_CREATED: 'An enroll token was made; the subject is the token.',
  ENROLL_TOKEN_REVOKED: 'An enroll token was revoked; the subject is the token.',
  ENROLLMENT_REFUSED: 'Somebody had a token and could not enroll; the subject is the token.',
  AGENT_ENROLLED: 'An agent got its identity; the subject is the agent.',
  CERTIFICATE_RENEWED: 'An agent got another certificate; the subject is the agent.',
  AGENT_REVOKED: 'The identity of an agent was taken back; the subject is the agent.',
  AGENT_CLONED: 'Two agents lived at the same time under one identity; the subject is the agent.',
  IDENTITY_FORGED: 'An agent said that it was another one; the subject is that other.',
  API_TOKEN_CREATED: 'A token for people and programs was made; the subject is the token.',
  API_TOKEN_REVOKED: 'A token for people and programs was revoked; the subject is the token.',
  OUTPUT_CREATED: 'A place where detections are sent was added; the subject is the output.',
  OUTPUT_CHANGED: 'Where or which detections an output sends was changed; the subject is the output.',
  OUTPUT_REMOVED: 'An output was removed with all that it had still to send; the subject is the output.',
  OUTPUT_TESTED: 'A made-up detection was sent; the subject is the output.',
  OUTPUT_RESENT: 'What an output had given up was sent again; the subject is the output.',
  DETECTION_ACKNOWLEDGED: 'Somebody looks at a detection; the subject is the detection.',
  DETECTION_RESOLVED: 'It was said what a detection was; the subject is the detection.',
  DETECTION_COMMENTED: 'Somebody wrote a comment on a detection, which is the subject.',
  POLICY_SET: 'A policy was set; the subject is its version.',
  POLICY_ROLLED_BACK: 'Every policy above a version was withdrawn; the subject is that version.',
  ROLLOUT_STARTED: 'The roll-out of a draft began; the subject is its version.',
  ROLLOUT_ADVANCED: 'A roll-out reached its next share of the agents; the subject is the version.',
  ROLLOUT_PAUSED: 'A roll-out was paused, by somebody or by itself; the subject is the version.',
  ROLLOUT_RESUMED: 'A roll-out went on after a pause; the subject is the version.',
  ROLLOUT_ROLLED_BACK: 'The policy of a roll-out was withdrawn, and no other; the subject is its version.',
} as const;
export type AuditAction = keyof typeof AUDIT_ACTIONS;

export type AuditEntry = {
  /** Who did it: `user`, `api-token`, `agent` or the enroll `token` with its name or id, or the `aggregator` itself. */
  readonly actor: string;
  readonly action: AuditAction;
  /** What it was done to, mostly an id. */
  readonly subject: string;
  readonly detail?: Readonly<Record<string, unknown>>;
};

/** Writes down what the transaction changes: both are kept or neither. */
export async function writeAudit(db: DatabaseTransaction, entry: AuditEntry): Promise<void> {
  const { actor, action, subject, detail = {} } = entry;
  await sql`
    insert into audit (at, actor, action, subject, detail)
    values (now(), ${actor}, ${action}, ${subject}, ${JSON.stringify(detail)}::jsonb)`.execute(db);
}

/**
 * Writes down what an agent or a holder of a token may do as often as it likes: of one actor and action, one in a minute
 * is kept, so that nobody fills the store with it.
 */
export async function writeAuditOnceAMinute(db: Database, entry: AuditEntry): Promise<void> {
  const { actor, action, subject, detail = {} } = entry;
  await sql`
    insert into audit (at, actor, action, subject, detail)
    select now(), ${actor}, ${action}, ${subject}, ${JSON.stringify(detail)}::jsonb
    where not exists (
      select from audit where action = ${action} and actor = ${actor} and at > now() - interval '1 minute'
    )`.execute(db);
}

/** Which entries: those that match everything given. */
export type AuditFilter = {
  readonly actor?: string | null | undefined;
  readonly actions?: readonly AuditAction[] | null | undefined;
  readonly subject?: string | null | undefined;
  readonly since?: Date | null | undefined;
  readonly until?: Date | null | undefined;
};

/** One page of what was written down, the latest first; a place in the list is an id. */
export function findAudit(db: Database, filter: AuditFilter, page: Page<number>): Promise<AuditRow[]> {
  const { actor, actions, subject, since, until } = filter;
  const { after, before, limit, reversed } = page;
  return db
    .selectFrom('audit')
    .selectAll()
    .$if(actor != null, (query) => query.where('actor', '=', actor!))
    .$if(actions != null, (query) => query.where('action', '=', sql<AuditAction>`any(${actions})`))
    .$if(subject != null, (query) => query.where('subject', '=', subject!))
    .$if(since != null, (query) => query.where('at', '>=', since!))
    .$if(until != null, (query) => query.where('at', '<', until!))
    .$if(after !== undefined, (query) => query.where('id', '<', after!))
    .$if(before !== undefined, (query) => query.where('id', '>', before!))
    .orderBy('id', reversed ? 'asc' : 'desc')
    .limit(limit)
    .execute();
}
