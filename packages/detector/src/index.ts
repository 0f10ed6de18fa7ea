export type { Alert } from './alert.ts';
export { BATCH_RECORDS, type Batch, createBatch } from './batch.ts';
export type { Counters } from './counters.ts';
export type { Habit } from './habits.ts';
export { inlineDeeply } from './inline-deeply.ts';
export { type Detector, openDetector } from './open-detector.ts';
export { createShard, type IsProcess } from './shard.ts';
export { DEFAULT_SIZE, divideSize, type ShardSize, shardBytes } from './shard-size.ts';
export { restoreShard, saveShard } from './snapshot.ts';
