import { sql } from 'kysely';
import { type AuditAction, writeAudit } from '../identity/audit.ts';
import type { CommentRow, Database, DatabaseTransaction, TriageRow } from './schema.ts';

/** What people made of a detection. One that has no row is new. */
export const TRIAGE_STATES = ['new', 'acknowledged', 'resolved'] as const;
export type TriageState = (typeof TRIAGE_STATES)[number];

/** What a detection turned out to be. */
export const VERDICTS = ['true_positive', 'benign', 'false_positive'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What somebody says of detections: another state, a comment, or both. */
export type Judgement = {
  readonly ids: readonly string[];
  readonly action: Extract<AuditAction, `DETECTION_${string}`>;
  readonly state?: Exclude<TriageState, 'new'>;
  readonly verdict?: Verdict;
  readonly comment?: string | undefined;
  readonly actor: string;
};

/** Writes a judgement down for all the detections or, if one of them does not exist, for none: returns that one's id then. */
export function judgeDetections(db: Database, judgement: Judgement): Promise<string | undefined> {
  const { ids, action, state, verdict, comment, actor } = judgement;
  return db.transaction().execute(async (transaction) => {
    const missing = await findMissing(transaction, ids);
    if (missing !== undefined) return missing;
    if (state) await saveTriage(transaction, judgement);
    if (comment !== undefined) {
      await sql`
        insert into detection_comments (detection_id, actor, at, text)
        select id, ${actor}, now(), ${comment} from unnest(${ids}::text[]) as judged (id)`.execute(transaction);
    }
    for (const id of ids) {
      const detail = { ...(verdict && { verdict }), ...(comment !== undefined && { comment }) };
      await writeAudit(transaction, { actor, action, subject: id, detail });
    }
    return undefined;
  });
}

async function saveTriage(db: DatabaseTransaction, { ids, state, verdict, actor }: Judgement): Promise<void> {
  await sql`
    insert into triage (detection_id, state, verdict, actor, at)
    select id, ${state}, ${verdict ?? null}::text, ${actor}, now() from unnest(${ids}::text[]) as judged (id)
    on conflict (detection_id) do update
      set state = excluded.state, verdict = excluded.verdict, actor = excluded.actor, at = excluded.at`.execute(db);
}

/** Holds the detections until the transaction is over. */
async function findMissing(db: DatabaseTransaction, ids: readonly string[]): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select id from detections where id = any(${ids}) order by id for key share`.execute(db);
  const found = new Set(rows.map(({ id }) => id));
  return ids.find((id) => !found.has(id));
}

/** What people made of these detections; those that are new have none. */
export function findTriage(db: Database, detectionIds: readonly string[]): Promise<TriageRow[]> {
  return db.selectFrom('triage').selectAll().where('detection_id', '=', sql<string>`any(${detectionIds})`).execute();
}

/** The comments on these detections, the first first. */
export function findComments(db: Database, detectionIds: readonly string[]): Promise<CommentRow[]> {
  return db
    .selectFrom('detection_comments')
    .selectAll()
    .where('detection_id', '=', sql<string>`any(${detectionIds})`)
    .orderBy('id')
    .execute();
}
