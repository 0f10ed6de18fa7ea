import { PGlite } from '@electric-sql/pglite';

/** Rows of one agent that carry a number each, as the store of a stopped aggregator holds them. */
export type StoredNumbers = {
  readonly delivered: number;
  /** Numbers that were promised and are not there. */
  readonly lost: number;
  /** Connections beyond the one that each number stands for. */
  readonly duplicated: number;
  /** Numbers of batches that are neither there nor told as lost. */
  readonly unexplainedGaps: number;
};

/** Compares what senders were promised with what the store in `directory` holds, all of their epochs together. */
export async function readNumbers(
  directory: string,
  agentId: string,
  promised: ReadonlySet<number>,
): Promise<StoredNumbers> {
  const db = await PGlite.create({ dataDir: directory });
  try {
    const { rows } = await db.query<{ destination: string; port: number; connections: number }>(
      'select host(destination) as destination, port, connections::integer from sightings where agent_id = $1',
      [agentId],
    );
    const [gaps] = (
      await db.query<{ gaps: number }>(
        'select coalesce(sum(highest_seq - batches - lost), 0)::integer as gaps from epochs where agent_id = $1',
        [agentId],
      )
    ).rows;
    const stored = new Set(rows.map(({ destination, port }) => numberOf(destination, port)));
    return {
      delivered: stored.size,
      lost: [...promised].filter((number) => !stored.has(number)).length,
      duplicated: rows.reduce((sum, { connections }) => sum + connections - 1, 0),
      unexplainedGaps: gaps!.gaps,
    };
  } finally {
    await db.close();
  }
}

/** As packages/agent/test/numbered-sender.ts makes services of numbers. */
function numberOf(destination: string, port: number): number {
  const [, , high, low] = destination.split('.').map(Number);
  return (high! * 256 + low!) * 60_000 + port - 1;
}
