import { type Kysely, sql } from 'kysely';

const statements = [
  // A row is never changed but for being withdrawn, and its version never given again.
  `create table policies (
    version bigint primary key,
    name text not null,
    selector jsonb not null,
    document jsonb not null,
    reason text not null,
    actor text not null,
    created timestamptz(3) not null,
    withdrawn timestamptz(3)
  )`,
  // What agents tell: version and hash are in force, the rest is what became of the version asked for last.
  `create table agent_policies (
    agent_id uuid primary key references agents,
    version bigint not null,
    hash text not null,
    told_version bigint not null,
    progress text not null,
    notes jsonb not null,
    since timestamptz(3) not null
  )`,
];

/** Policies, and how far agents have followed them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
