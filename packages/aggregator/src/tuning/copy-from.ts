import { on } from 'node:events';
import type { MessagePort } from 'node:worker_threads';
import { Client } from 'pg';
import { to } from 'pg-copy-streams';
import { parsePostgresUrl } from '../store/postgres-url.ts';
import type { SightingsSource } from './what-if-task.ts';

/** Runs COPY statements in a worker. */
export type CopySource = AsyncDisposable & { copy(statement: string): AsyncIterable<Uint8Array> };

/** What the main thread answers to a statement: its bytes, then true, or what went wrong. */
export type CopyAnswer = Uint8Array | true | Error;

export function copyFrom(source: SightingsSource): CopySource {
  return 'port' in source ? copyFromPort(source.port) : copyFromServer(source.postgresUrl);
}

/** By a connection of its own: bytes go from the server to this thread alone. */
function copyFromServer(url: string): CopySource {
  const postgres = parsePostgresUrl(url);
  if ('problem' in postgres) throw new Error(postgres.problem);
  const client = new Client(postgres.config);
  const connected = client.connect();
  return {
    async *copy(statement) {
      await connected;
      yield* client.query(to(statement));
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}

function copyFromPort(port: MessagePort): CopySource {
  return {
    async *copy(statement) {
      const answers = on(port, 'message');
      port.postMessage(statement);
      for await (const [answer] of answers as AsyncIterable<[CopyAnswer]>) {
        if (answer instanceof Error) throw answer;
        if (answer === true) return;
        yield answer;
      }
    },
    [Symbol.asyncDispose]: async () => port.close(),
  };
}
