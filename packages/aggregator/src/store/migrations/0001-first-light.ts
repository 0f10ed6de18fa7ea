import { type Kysely, sql } from 'kysely';

const statements = [
  `create table agents (
    id uuid primary key,
    epoch uuid not null,
    version text not null,
    hostname text not null,
    kernel text not null,
    first_seen timestamptz(3) not null,
    last_seen timestamptz(3) not null,
    health jsonb
  )`,
  // One row per queue of an agent, so that gaps are a subtraction and not a count over all its batches.
  `create table epochs (
    agent_id uuid not null references agents,
    epoch uuid not null,
    highest_seq bigint not null,
    batches bigint not null,
    rejected bigint not null,
    last_batch timestamptz(3) not null,
    primary key (agent_id, epoch)
  )`,
  // The primary key is what makes delivery idempotent.
  `create table batches (
    agent_id uuid not null references agents,
    epoch uuid not null,
    seq bigint not null,
    row_count integer not null,
    reject_reason text,
    committed timestamptz(3) not null,
    primary key (agent_id, epoch, seq)
  )`,
  // Each detection as its latest alert tells it, with the evidence of its fullest one.
  `create table detections (
    id text primary key,
    revision integer not null,
    evidence_revision integer not null,
    agent_id uuid not null references agents,
    model text not null,
    alert_type text not null,
    severity text not null,
    confidence text not null,
    rule text not null,
    threshold integer not null,
    end_reason text,
    source inet not null,
    distinct_services integer not null,
    distinct_hosts integer not null,
    distinct_ports integer not null,
    failed_services integer not null,
    at_least boolean not null,
    first_seen timestamptz(3) not null,
    last_seen timestamptz(3) not null,
    started timestamptz(3) not null,
    ended timestamptz(3),
    details jsonb not null
  )`,
  'create index detections_started on detections (started desc, id)',
  'create index detections_source on detections (source)',
  'create index detections_details on detections using gin (details jsonb_path_ops)',
  // Every revision of each detection, as it was told.
  `create table detection_alerts (
    detection_id text not null references detections,
    revision integer not null,
    alert_type text not null,
    severity text not null,
    confidence text not null,
    distinct_services integer not null,
    distinct_hosts integer not null,
    distinct_ports integer not null,
    failed_services integer not null,
    last_seen timestamptz(3) not null,
    committed timestamptz(3) not null,
    primary key (detection_id, revision)
  )`,
  // What each sensor saw of a source at a service. The key begins with the source: a page of sources is a range of it.
  `create table sightings (
    source inet not null,
    destination inet not null,
    port integer not null,
    outcome text not null,
    agent_id uuid not null references agents,
    first_seen timestamptz(3) not null,
    last_seen timestamptz(3) not null,
    connections bigint not null,
    primary key (source, destination, port, outcome, agent_id)
  )`,
];

/** The tables of the first release. A migration that was released is never edited, and imports nothing of the app. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
