export { createLab, type Lab, type LabOptions } from './create-lab.ts';
export { createRandom } from './create-random.ts';
export type { Host } from './host.ts';
export { type SpawnedAggregator, spawnAggregator } from './spawn-aggregator.ts';
export { type Postgres, type PostgresOptions, startPostgres } from './start-postgres.ts';
