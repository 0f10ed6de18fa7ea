import { type Kysely, sql } from 'kysely';

const statements = [
  'alter table sightings rename to merged_sightings',
  // Without a key: a batch is written once by its mark in `batches`. Without a reference to `agents`, which the mark has:
  // its check would run for each row. The outcome is its number in the probe's records.
  `create table sightings (
    source inet not null,
    destination inet not null,
    port integer not null,
    outcome smallint not null,
    agent_id uuid not null,
    first_seen timestamptz(3) not null,
    last_seen timestamptz(3) not null,
    connections bigint not null,
    listener jsonb
  ) partition by range (last_seen)`,
  'create index sightings_source on sightings (source, last_seen)',
  // With the source, so that who touched a busy service is read from the index alone.
  'create index sightings_destination on sightings (destination, port, last_seen) include (source)',
  // Rows come in about the order of this column: for those who read all of a time.
  'create index sightings_last_seen on sightings using brin (last_seen)',
  // What belongs to no day that has a partition.
  'create table sightings_other partition of sightings default',
  `insert into sightings
    select source, destination, port,
      array_position(array['reset', 'empty_close', 'responder_reset', 'refused', 'unanswered'], outcome),
      agent_id, first_seen, last_seen, connections, listener
    from merged_sightings`,
  'drop table merged_sightings',
  // What a trend is read from: an hour of a busy fleet is a million sightings, and a few thousand rows of these.
  `create table sighting_hours (
    hour timestamptz(0) not null,
    port integer not null,
    outcome smallint not null,
    sightings bigint not null,
    connections bigint not null,
    primary key (hour, port, outcome)
  )`,
  'create index sighting_hours_port on sighting_hours (port, hour)',
  `insert into sighting_hours
    select date_trunc('hour', last_seen, 'UTC'), port, outcome, count(*), sum(connections)
    from sightings group by 1, 2, 3`,
  // Marks are written in the order of this column, so the smallest of indexes finds the old ones.
  'create index batches_committed on batches using brin (committed)',
];

/** Sightings as a history, a partition for each day, in place of one row that was merged for ever. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
