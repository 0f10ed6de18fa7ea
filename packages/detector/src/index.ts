export type { Alert } from './alert.ts';
export type { Counters } from './counters.ts';
export type { Habit } from './habits.ts';
export { type Detector, openDetector } from './open-detector.ts';
export { createShard, type IsProcess } from './shard.ts';
export { DEFAULT_SIZE, divideSize, type ShardSize, shardBytes } from './shard-size.ts';
export { restoreShard, saveShard } from './snapshot.ts';
