import { type Kysely, sql } from 'kysely';

const statements = [
  // `settings` say where it is, `secret` is what deliveries are signed with: it is read by the sender alone.
  `create table outputs (
    id uuid primary key,
    name text not null unique,
    kind text not null,
    format text not null,
    settings jsonb not null,
    secret text,
    filter jsonb not null,
    enabled boolean not null,
    actor text not null,
    created timestamptz(3) not null,
    delivered bigint not null default 0,
    last_delivered timestamptz(3),
    last_error text,
    last_failed timestamptz(3)
  )`,
  // What is on its way, or was given up. What has arrived is deleted and counted.
  `create table deliveries (
    id bigint generated always as identity primary key,
    output_id uuid not null references outputs on delete cascade,
    detection_id text not null,
    revision integer not null,
    event jsonb not null,
    state text not null,
    attempts integer not null,
    due timestamptz(3) not null,
    created timestamptz(3) not null,
    unique (output_id, detection_id, revision)
  )`,
  `create index deliveries_waiting on deliveries (output_id, id) where state = 'waiting'`,
  `create index deliveries_order on deliveries (output_id, detection_id, id) where state = 'waiting'`,
];

/** Where detections are sent, and what is still to be sent there. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
