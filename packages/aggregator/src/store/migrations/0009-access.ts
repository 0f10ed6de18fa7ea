import { type Kysely, sql } from 'kysely';

const statements = [
  // The text of a token is 256 random bits, of which only the SHA-256 is kept: it is what a token is found by.
  `create table api_tokens (
    id uuid primary key,
    name text not null,
    role text not null,
    secret_hash bytea not null unique,
    actor text not null,
    created timestamptz(3) not null,
    expires timestamptz(3),
    last_used timestamptz(3),
    revoked timestamptz(3)
  )`,
  'create unique index api_tokens_name on api_tokens (name) where revoked is null',
  'create index api_tokens_created on api_tokens (created desc, id)',
  // A detection that has no row is new.
  `create table triage (
    detection_id text primary key references detections on delete cascade,
    state text not null,
    verdict text,
    actor text not null,
    at timestamptz(3) not null
  )`,
  `create table detection_comments (
    id bigint generated always as identity primary key,
    detection_id text not null references detections on delete cascade,
    actor text not null,
    at timestamptz(3) not null,
    text text not null
  )`,
  'create index detection_comments_detection on detection_comments (detection_id, id)',
];

/** Who may ask and change what, and what people made of detections. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
