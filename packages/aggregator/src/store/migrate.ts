import { ConnscanError } from '@connscan/model';
import { type Migration, Migrator } from 'kysely/migration';
import { up as firstLight } from './migrations/0001-first-light.ts';
import { up as process } from './migrations/0002-process.ts';
import { up as slowAndHabitual } from './migrations/0003-slow-and-habitual.ts';
import { up as losses } from './migrations/0004-losses.ts';
import { up as identity } from './migrations/0005-identity.ts';
import { up as policies } from './migrations/0006-policies.ts';
import { up as sightingHistory } from './migrations/0007-sighting-history.ts';
import { up as fleetDetections } from './migrations/0008-fleet-detections.ts';
import { up as access } from './migrations/0009-access.ts';
import { up as tuning } from './migrations/0010-tuning.ts';
import { up as outputs } from './migrations/0011-outputs.ts';
import { up as detectionOrders } from './migrations/0012-detection-orders.ts';
import { up as pageIndexes } from './migrations/0013-page-indexes.ts';
import type { Database } from './schema.ts';

const MIGRATIONS: Record<string, Migration> = {
  '0001-first-light': { up: firstLight },
  '0002-process': { up: process },
  '0003-slow-and-habitual': { up: slowAndHabitual },
  '0004-losses': { up: losses },
  '0005-identity': { up: identity },
  '0006-policies': { up: policies },
  '0007-sighting-history': { up: sightingHistory },
  '0008-fleet-detections': { up: fleetDetections },
  '0009-access': { up: access },
  '0010-tuning': { up: tuning },
  '0011-outputs': { up: outputs },
  '0012-detection-orders': { up: detectionOrders },
  '0013-page-indexes': { up: pageIndexes },
};

/**
 * Brings the tables to this program's version, or to that of a migration. Throws STORE_UNUSABLE if a newer program has already
 * changed them, or made that migration.
 */
export async function migrate(db: Database, through = Object.keys(MIGRATIONS).at(-1)!): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error } = await migrator.migrateTo(through);
  if (error === undefined) return;
  const [, missing] = /previously executed migration (\S+) is missing/.exec((error as Error).message) ?? [];
  const unknown = through in MIGRATIONS ? missing : through;
  throw new ConnscanError(
    'STORE_UNUSABLE',
    unknown
      ? `its tables were made by a newer connscan (migration ${unknown}): run that version, or choose another store`
      : `its tables could not be brought up to date: ${(error as Error).message}`,
    { cause: error },
  );
}
