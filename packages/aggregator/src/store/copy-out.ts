import type { Pool } from 'pg';
import { to } from 'pg-copy-streams';

/** All bytes of a `COPY … TO STDOUT`: what it copies has to be little. */
export async function copyOut(pool: Pool, statement: string): Promise<Uint8Array[]> {
  const client = await pool.connect();
  try {
    return await Array.fromAsync<Uint8Array>(client.query(to(statement)));
  } finally {
    client.release();
  }
}
