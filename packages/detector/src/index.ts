export type { Alert } from './alert.ts';
export type { Counters } from './counters.ts';
export { type Detector, openDetector } from './open-detector.ts';
export { createShard } from './shard.ts';
export { DEFAULT_SIZE, divideSize, type ShardSize, shardBytes } from './shard-size.ts';
