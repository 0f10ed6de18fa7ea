import { Pool } from 'pg';
import { EmbeddedStream } from './embedded-stream.ts';
import { valueTypes } from './value-types.ts';

/**
 * A `pg` pool of one connection whose server is PGlite in a thread, with its files in `directory`. What works through
 * it works on a PostgreSQL server: driver, types and errors are the same. A thread that died is told to `onDied` and
 * started anew by the next query. When it has ended, nobody writes to its files any more.
 */
export function createEmbeddedPool(directory: string, onDied: (error: Error) => void): Pool {
  let previous = Promise.resolve();
  const pool = new Pool({
    max: 1,
    idleTimeoutMillis: 0,
    stream: () => {
      const stream = new EmbeddedStream({ directory, previous });
      previous = stream.exited;
      return stream;
    },
    types: valueTypes,
    user: 'postgres',
    database: 'postgres',
  } as ConstructorParameters<typeof Pool>[0]);
  // A client in use tells of its death where no one listens, and that would end the process; the pool tells only of
  // an idle one, which its client has told already.
  pool.on('connect', (client) => client.on('error', onDied));
  pool.on('error', () => {});
  // By itself it does not wait until its connections are gone.
  const end = pool.end.bind(pool);
  pool.end = async () => {
    await end();
    await previous;
  };
  return pool;
}
