import { createSpool, type StartedSpool } from './create-spool.ts';
import { createStandIn } from './create-stand-in.ts';
import { recover } from './recover.ts';
import type { Spool, SpoolOptions } from './spool.ts';

/** What a start finds when it must not write. */
const READ_ONLY = new Set(['EROFS', 'EACCES', 'EPERM']);

/** A directory that has not opened after so many milliseconds hangs, as far as the start of an agent is concerned. */
const OPEN_MS = 5000;

/**
 * Opens whatever it finds, within 5 s: what is damaged is told as lost. Where nothing can be written, or the disk hangs, batches
 * are kept in memory under an epoch that no other start can take up, until the disk takes them: see createStandIn.
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { clock, logger } = options;
  let errors = 0;

  /** Undefined if the directory has an epoch, and that cannot be gone on with as nothing can be written. */
  async function tryOpen(): Promise<StartedSpool | undefined> {
    const onError = (error: unknown, what: string) => {
      errors++;
      logger.warn({ what, reason: (error as Error).message }, 'the spool could not be read');
    };
    const recovered = await recover({ ...options, onError });
    const spool = createSpool({ ...options, ...recovered });
    const failure = await spool.start();
    if (!recovered.known || !READ_ONLY.has(failure?.code ?? '')) return spool;
    errors++;
    await spool.close();
    return undefined;
  }

  const opening = tryOpen();
  const late = Promise.withResolvers<undefined>();
  const cancel = clock.afterMs(OPEN_MS, () => late.resolve(undefined));
  const spool = await Promise.race([opening, late.promise]);
  cancel();
  if (spool) return withErrors(spool);
  logger.error({}, 'the spool cannot be written; batches are kept in memory until it can');
  return createStandIn({ ...options, opening, tryOpen, errors: () => errors });

  function withErrors(opened: StartedSpool): Spool {
    return { ...opened, health: () => ({ ...opened.health(), diskErrors: opened.health().diskErrors + errors }) };
  }
}

export type { Spool, SpoolClock, SpoolReader } from './spool.ts';
