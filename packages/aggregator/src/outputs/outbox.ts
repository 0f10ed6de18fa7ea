import { sql } from 'kysely';
import type { Database, DatabaseTransaction, DeliveryRow, DetectionRow, OutputRow } from '../store/schema.ts';
import { toDetectionEvent } from './detection-event.ts';
import { wantsAlert } from './wants-alert.ts';

/**
 * Puts alerts that are committed with this transaction before every output that wants them: both are kept or neither, so
 * none is lost, and the commit waits for no receiver.
 */
export async function saveDeliveries(db: DatabaseTransaction, alerts: readonly DetectionRow[]): Promise<void> {
  if (alerts.length === 0) return;
  const outputs = await db.selectFrom('outputs').select(['id', 'filter']).where('enabled', '=', true).execute();
  if (outputs.length === 0) return;
  const triaged = await findTriaged(db, alerts);
  const wanted = alerts.flatMap((alert) => {
    const ids = outputs.filter(({ filter }) => wantsAlert(filter, alert, triaged.has(alert.id))).map(({ id }) => id);
    return ids.length > 0 ? [{ alert, ids }] : [];
  });
  if (wanted.length === 0) return;
  const hostnames = await findHostnames(
    db,
    wanted.flatMap(({ alert }) => alert.agent_ids),
  );
  const rows = wanted.flatMap(({ alert, ids }) => {
    const sensors = alert.agent_ids.map((id) => ({ id, hostname: hostnames.get(id) ?? '' }));
    const event = JSON.stringify(toDetectionEvent(alert, sensors));
    return ids.map((id) => ({ output: id, detection: alert.id, revision: alert.revision, event }));
  });
  await sql`
    insert into deliveries (output_id, detection_id, revision, event, state, attempts, due, created)
    select output, detection, revision, event::jsonb, 'waiting', 0, now(), now()
    from unnest(
      ${rows.map(({ output }) => output)}::uuid[], ${rows.map(({ detection }) => detection)}::text[],
      ${rows.map(({ revision }) => revision)}::integer[], ${rows.map(({ event }) => event)}::text[]
    ) as told (output, detection, revision, event)
    on conflict do nothing`.execute(db);
}

async function findTriaged(db: Database, alerts: readonly DetectionRow[]): Promise<Set<string>> {
  const ids = alerts.map(({ id }) => id);
  const { rows } = await sql<{ detection_id: string }>`
    select detection_id from triage where detection_id = any(${ids}::text[])`.execute(db);
  return new Set(rows.map(({ detection_id }) => detection_id));
}

async function findHostnames(db: Database, agentIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('agents')
    .select(['id', 'hostname'])
    .where('id', '=', sql<string>`any(${[...new Set(agentIds)]}::uuid[])`)
    .execute();
  return new Map(rows.map(({ id, hostname }) => [id, hostname]));
}

/**
 * The deliveries of an output that are due, the oldest first: of each detection the first that waits, as its alerts arrive
 * in their order.
 */
export function findDue(db: Database, outputId: string, now: Date, limit: number): Promise<DeliveryRow[]> {
  return db
    .selectFrom('deliveries as due')
    .selectAll()
    .where('output_id', '=', outputId)
    .where('state', '=', 'waiting')
    .where('due', '<=', now)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('deliveries as earlier')
            .select('id')
            .whereRef('earlier.output_id', '=', 'due.output_id')
            .whereRef('earlier.detection_id', '=', 'due.detection_id')
            .where('earlier.state', '=', 'waiting')
            .whereRef('earlier.id', '<', 'due.id'),
        ),
      ),
    )
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** The outputs with deliveries that are due. */
export async function findOutputsDue(db: Database, now: Date): Promise<OutputRow[]> {
  return db
    .selectFrom('outputs')
    .selectAll()
    .where('enabled', '=', true)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('deliveries')
          .select('id')
          .whereRef('output_id', '=', 'outputs.id')
          .where('state', '=', 'waiting')
          .where('due', '<=', now),
      ),
    )
    .execute();
}

/** A delivery has arrived: it is counted and forgotten. */
export async function saveArrival(db: Database, { id, output_id }: DeliveryRow, now: Date): Promise<void> {
  await sql`
    with arrived as (delete from deliveries where id = ${id} returning output_id)
    update outputs set delivered = delivered + 1, last_delivered = ${now}
    where id = ${output_id} and exists (select from arrived)`.execute(db);
}

export type FailedAttempt = {
  readonly error: string;
  readonly now: Date;
  /** When it is tried again; undefined: it is given up, and stays to be sent again by hand. */
  readonly due: Date | undefined;
};

export async function saveFailure(db: Database, delivery: DeliveryRow, failed: FailedAttempt): Promise<void> {
  const { error, now, due } = failed;
  await sql`
    with attempted as (
      update deliveries set attempts = attempts + 1, state = ${due ? 'waiting' : 'failed'}, due = ${due ?? now}
      where id = ${delivery.id}
    )
    update outputs set last_error = ${error}, last_failed = ${now} where id = ${delivery.output_id}`.execute(db);
}

/** Forgets what was given up before a time. */
export async function forgetFailed(db: Database, before: Date): Promise<void> {
  await db.deleteFrom('deliveries').where('state', '=', 'failed').where('due', '<', before).execute();
}
