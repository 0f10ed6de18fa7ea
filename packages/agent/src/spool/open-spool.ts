import { createSpool } from './create-spool.ts';
import { NO_FILES } from './no-files.ts';
import { recover } from './recover.ts';
import type { Spool, SpoolOptions } from './spool.ts';

/** What a start finds when it must not write. */
const READ_ONLY = new Set(['EROFS', 'EACCES', 'EPERM']);

/**
 * Opens whatever it finds: what is damaged is told as lost. Where nothing can be written there is no backlog either: the
 * batches of this start are kept in memory, under an epoch that no other start can take up.
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { files, randomUUID, logger } = options;
  let errors = 0;
  const onError = (error: unknown, what: string) => {
    errors++;
    logger.warn({ what, reason: (error as Error).message }, 'the spool could not be read');
  };
  const recovered = await recover({ files, randomUUID, onError });
  const spool = createSpool({ ...options, ...recovered, errors });
  const failure = await spool.start();
  if (!recovered.known || !READ_ONLY.has(failure?.code ?? '')) return spool;
  logger.error(
    { reason: failure!.message },
    'the spool cannot be written; batches are kept in memory until the next start',
  );
  await spool.close();
  const empty = await recover({ files: NO_FILES, randomUUID, onError: () => {} });
  const inMemory = createSpool({ ...options, ...empty, files: NO_FILES, errors });
  await inMemory.start();
  return inMemory;
}

export type { Spool, SpoolClock, SpoolReader } from './spool.ts';
