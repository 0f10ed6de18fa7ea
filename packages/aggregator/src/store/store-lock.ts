import { ConnscanError } from '@connscan/model';
import { Client, type ClientConfig } from 'pg';

/** What keeps a second aggregator off a PostgreSQL database. */
export type StoreLock = {
  /** Takes it, or takes it again if its connection was lost. Throws STORE_UNUSABLE if another aggregator has it. */
  hold(): Promise<void>;
  release(): Promise<void>;
};

/** The bytes of `connscan`; advisory locks are numbers of one database. */
const LOCK = '7165066952831099246';

/**
 * A lock of the server that lives as long as a connection of its own: whatever ends this process gives it back, and there is
 * no stale lock to judge.
 */
export function createStoreLock(config: ClientConfig, shown: string): StoreLock {
  let holding: Promise<Client> | undefined;

  async function take(): Promise<Client> {
    const client = new Client(config);
    const lose = () => {
      holding = undefined;
    };
    client.on('error', lose);
    client.on('end', lose);
    await client.connect();
    const { rows } = await client.query('select pg_try_advisory_lock($1) as taken', [LOCK]);
    if (rows[0].taken) return client;
    const holder = await findHolder(client);
    await client.end();
    throw new ConnscanError('STORE_UNUSABLE', `${shown}: another aggregator works in it (${holder})`);
  }

  return {
    async hold() {
      holding ??= take().catch((error) => {
        holding = undefined;
        throw error;
      });
      await holding;
    },
    async release() {
      const client = await holding?.catch(() => undefined);
      await client?.end();
    },
  };
}

async function findHolder(client: Client): Promise<string> {
  const { rows } = await client.query(
    `select coalesce(client_addr::text, 'on the same machine') as address, backend_start as since
    from pg_locks join pg_stat_activity using (pid)
    where locktype = 'advisory' and granted and objsubid = 1 and (classid::bigint << 32) + objid::bigint = $1`,
    [LOCK],
  );
  const [holder] = rows as { address: string; since: Date | null }[];
  return holder
    ? `${holder.address}, since ${holder.since?.toISOString() ?? 'a time that it hides'}`
    : 'it has just left';
}
