import { type Kysely, sql } from 'kysely';

const statements = [
  // Of the secret only its SHA-256 is kept.
  `create table enroll_tokens (
    id uuid primary key,
    secret_hash bytea not null,
    labels jsonb not null,
    uses integer not null default 0,
    max_uses integer not null,
    failures integer not null default 0,
    created timestamptz(3) not null,
    expires timestamptz(3) not null,
    revoked timestamptz(3)
  )`,
  'create index enroll_tokens_created on enroll_tokens (created desc, id)',
  // Before its first Hello an agent has a row here and none in agents; without TLS it has none here.
  `create table identities (
    agent_id uuid primary key,
    token_id uuid not null references enroll_tokens,
    hostname text not null,
    labels jsonb not null,
    enrolled timestamptz(3) not null,
    renewed timestamptz(3) not null,
    certificate_expires timestamptz(3) not null,
    revoked timestamptz(3)
  )`,
  `create table audit (
    id bigint generated always as identity primary key,
    at timestamptz(3) not null,
    actor text not null,
    action text not null,
    subject text not null,
    detail jsonb not null
  )`,
  'create index audit_recent on audit (action, actor, at desc)',
  'alter table agents add clone_detected timestamptz(3), add clone_ends jsonb',
];

/** Who may speak for an agent, and who changed that. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
