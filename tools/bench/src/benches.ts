import { agentBench } from './agent-bench.ts';
import { detectorBench } from './detector-bench.ts';
import { ingestBench } from './ingest-bench.ts';
import { kernelBench } from './kernel-bench.ts';
import { latencyBench } from './latency-bench.ts';
import { queryBench } from './query-bench.ts';
import type { Result } from './result.ts';
import { ringBench } from './ring-bench.ts';
import { spoolBench } from './spool-bench.ts';

type Bench = (say: (step: string) => void) => Promise<Result[]>;

/** Every benchmark by its name, at the size at which its figures are worth something. */
export const BENCHES: ReadonlyMap<string, Bench> = new Map<string, Bench>([
  ['kernel', (say) => kernelBench({ rounds: 7, trafficMs: 500, say })],
  ['ring', (say) => ringBench({ rounds: 7, fillsPerRound: 20, pacedPerSecond: 150_000, pacedSeconds: 10, say })],
  ['detector', (say) => detectorBench({ rounds: 5, records: 12_800_000, replayLines: 1_000_000, say })],
  ['spool', (say) => spoolBench({ rounds: 5, appends: 2000, say })],
  ['agent', (say) => agentBench({ rounds: 5, windowMs: 10_000, warmUpMs: 20_000, spreadMs: 30_000, say })],
  ['latency', (say) => latencyBench({ episodes: 200, say })],
  ['ingest', (say) => ingestBench({ rounds: 5, windowMs: 10_000, sessions: 8, say })],
  ['query', (say) => queryBench({ sightings: 10_000_000, detections: 100_000, asked: 25, whatIfs: 3, say })],
]);
