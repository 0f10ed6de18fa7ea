import { type Kysely, sql } from 'kysely';

const statements = [
  // In force for agents whose place is below it: 0 is a draft, a million everybody.
  'alter table policies add reach integer not null default 1000000',
  // What it makes the fleet see less, by the settings.
  `alter table policies add weakens jsonb not null default '[]'`,
  `create table rollouts (
    version bigint primary key references policies,
    stages jsonb not null,
    soak_ms bigint not null,
    stage integer not null,
    state text not null,
    note text not null,
    actor text not null,
    created timestamptz(3) not null,
    stage_since timestamptz(3) not null,
    forecast_per_hour double precision,
    factor double precision not null
  )`,
];

/** Documents that hold for a part of the agents, what they weaken, and roll-outs. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
