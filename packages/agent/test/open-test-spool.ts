import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@connscan/program';
import { openSpool, type Spool, type SpoolClock } from '../src/spool/open-spool.ts';
import { openSpoolFiles } from '../src/spool/spool-files.ts';
import { systemClock } from '../src/system-clock.ts';

/**
 * A real spool in a directory of its own; `close` leaves nothing behind. Until `disk` resolves, if it is given, the disk hangs and
 * another spool stands in.
 */
export async function openTestSpool(disk?: Promise<void>): Promise<{ spool: Spool; close(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'connscan-spool-'));
  const logger = createLogger('test');
  logger.level = 'silent';
  const files = openSpoolFiles(join(directory, 'spool'));
  const makeDirectory = () => disk!.then(() => files.makeDirectory());
  let waitsForDisk = disk !== undefined;
  const afterMs: SpoolClock['afterMs'] = (ms, call) => systemClock.afterMs(waitsForDisk ? 0 : ms, call);
  const spool = await openSpool({
    files: disk ? { ...files, makeDirectory } : files,
    clock: { ...systemClock, afterMs },
    logger,
    randomUUID,
  });
  waitsForDisk = false;
  return {
    spool,
    async close() {
      await spool.close();
      await rm(directory, { recursive: true });
    },
  };
}
