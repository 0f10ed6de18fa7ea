import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@connscan/program';
import { openSpool, type Spool } from '../src/spool/open-spool.ts';
import { openSpoolFiles } from '../src/spool/spool-files.ts';
import { systemClock } from '../src/system-clock.ts';

/** A real spool in a directory of its own; `close` leaves nothing behind. */
export async function openTestSpool(): Promise<{ spool: Spool; close(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'connscan-spool-'));
  const logger = createLogger('test');
  logger.level = 'silent';
  const files = openSpoolFiles(join(directory, 'spool'));
  const spool = await openSpool({ files, clock: systemClock, logger, randomUUID });
  return {
    spool,
    async close() {
      await spool.close();
      await rm(directory, { recursive: true });
    },
  };
}
