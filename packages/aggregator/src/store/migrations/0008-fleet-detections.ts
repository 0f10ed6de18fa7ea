import { type Kysely, sql } from 'kysely';

const statements = [
  // What was a detection is what one agent told of it: a claim. Its alerts stay with it.
  'alter table detections rename to detection_claims',
  'alter index detections_pkey rename to detection_claims_pkey',
  'drop index detections_started, detections_source, detections_details',
  'alter table detection_alerts rename column detection_id to claim_id',
  // Folded from its claims: one row for one scan, whoever saw it.
  `create table detections (
    id text primary key,
    revision integer not null,
    agent_id uuid references agents,
    agent_ids uuid[] not null,
    model text not null,
    alert_type text not null,
    severity text not null,
    confidence text not null,
    rule text not null,
    threshold integer not null,
    policy_hash text,
    end_reason text,
    source inet not null,
    source_prefix_bits integer,
    distinct_services integer not null,
    distinct_hosts integer not null,
    distinct_ports integer not null,
    failed_services integer not null,
    slow_services integer,
    habitual_services integer,
    at_least boolean not null,
    first_seen timestamptz(3) not null,
    last_seen timestamptz(3) not null,
    started timestamptz(3) not null,
    ended timestamptz(3),
    details jsonb not null,
    process jsonb,
    snapshot jsonb
  )`,
  `insert into detections
    select id, revision, agent_id, array[agent_id], model, alert_type, severity, confidence, rule, threshold, policy_hash,
      end_reason, source, source_prefix_bits, distinct_services, distinct_hosts, distinct_ports, failed_services,
      slow_services, habitual_services, at_least, first_seen, last_seen, started, ended, details, process, snapshot
    from detection_claims`,
  'create index detections_started on detections (started desc, id)',
  // With all that tells whether a sighting was during one of the source's detections: a busy source has hundreds.
  'create index detections_source on detections (source, last_seen, first_seen) include (id)',
  'create index detections_details on detections using gin (details jsonb_path_ops)',
  // The aggregator's own claims have no agent.
  'alter table detection_claims alter agent_id drop not null, add detection_id text references detections',
  'update detection_claims set detection_id = id',
  'alter table detection_claims alter detection_id set not null',
  'create index detection_claims_detection on detection_claims (detection_id)',
  // Who saw connections of a scan, whether it detected it or not.
  `create table detection_sensors (
    detection_id text not null references detections,
    agent_id uuid not null,
    services integer not null,
    hosts integer not null,
    first_seen timestamptz(3) not null,
    last_seen timestamptz(3) not null,
    primary key (detection_id, agent_id)
  )`,
  // The addresses of agents' hosts, as they tell them.
  `create table agent_addresses (
    agent_id uuid not null references agents,
    address inet not null,
    primary key (address, agent_id)
  )`,
  'create index agent_addresses_agent on agent_addresses (agent_id)',
];

/** One detection for one scan, from the claims of all who saw it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
