import { addressSchema } from '@connscan/model';
import { z } from 'zod';
import { MAX_ADDRESSES } from './limits.ts';

/** Protobuf integers arrive as numbers; one beyond 2^53 has lost digits and is refused. */
const uint = z.number().int().min(0);

/** First message of a stream; see connscan.proto. */
export const helloSchema = z.object({
  agentId: z.uuid(),
  epoch: z.uuid(),
  version: z.string().min(1).max(100),
  hostname: z.string().min(1).max(255),
  kernel: z.string().max(255),
  instance: z.uuid(),
  bootId: z.string().max(100),
  policyHash: z.string().max(64),
  policyVersion: uint,
  addresses: z.array(addressSchema).max(MAX_ADDRESSES),
});
export type Hello = z.output<typeof helloSchema>;

/** In the order of their worth: a full spool gives up what is last here first. */
export const BATCH_KINDS = ['LOSS', 'DETECTIONS', 'SIGHTINGS'] as const;
export type BatchKind = (typeof BATCH_KINDS)[number];

export const batchSchema = z.object({
  seq: uint.min(1),
  kind: z.enum(BATCH_KINDS),
  payload: z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be bytes'),
});
export type Batch = z.output<typeof batchSchema>;

/** A policy has at most so many exceptions, with names of at most so many characters. */
const MAX_EXCEPTIONS = 1000;
const MAX_EXCEPTION_NAME = 100;

const detectorHealthSchema = z.object({
  unknownOriginators: uint,
  observed: uint,
  sameAddress: uint,
  malformed: uint,
  late: uint,
  evictedSources: uint,
  evictedServices: uint,
  sightingsShed: uint,
  episodesPutOff: uint,
  workerDeaths: uint,
  recoveries: uint,
  snapshotsRefused: uint,
  sources: uint,
  services: uint,
  episodes: uint,
  exceptionHits: z
    .record(z.string().max(MAX_EXCEPTION_NAME), uint)
    .refine((hits) => Object.keys(hits).length <= MAX_EXCEPTIONS, {
      error: `must have at most ${MAX_EXCEPTIONS} names`,
    }),
});
export type DetectorHealth = z.output<typeof detectorHealthSchema>;

const spoolHealthSchema = z.object({
  appended: uint,
  acknowledged: uint,
  lostFull: uint,
  lostDamage: uint,
  waiting: uint,
  waitingBytes: uint,
  oldestAgeMs: uint,
  diskErrors: uint,
  durable: z.boolean(),
});
export type SpoolHealth = z.output<typeof spoolHealthSchema>;

const agentResourcesSchema = z.object({ rssBytes: uint, heapBytes: uint, cpuUs: uint, shedSnapshots: uint });
export type AgentResources = z.output<typeof agentResourcesSchema>;

const canarySchema = z.object({ sent: uint, seen: uint });
export type Canary = z.output<typeof canarySchema>;

const healthSchema = z.object({
  seen: uint,
  submitted: uint,
  reserveFailed: uint,
  recursionMisses: uint,
  filtered: z.record(z.string().max(50), uint),
  processed: uint,
  detector: detectorHealthSchema,
  spool: spoolHealthSchema,
  resources: agentResourcesSchema,
  canary: canarySchema,
  clockAheadMs: z.number().int(),
});
export type Health = z.output<typeof healthSchema>;

/** Counters as they are sent: with the boot time of that in milliseconds, or 0 if no `time` is asked for. */
export const sentHealthSchema = healthSchema.extend({ sentMs: uint });

export const POLICY_PROGRESS = ['APPLYING', 'APPLIED', 'FAILED'] as const;

export const policyStateSchema = z.object({
  version: uint,
  hash: z.string().max(64),
  progress: z.enum(POLICY_PROGRESS),
  notes: z.array(z.string().max(500)).max(1000),
});
export type PolicyState = z.output<typeof policyStateSchema>;

/** What an agent is to work by; see connscan.proto. */
export type PolicyMessage = {
  readonly version: number;
  readonly hash: string;
  readonly document: string;
  readonly rollback: boolean;
};

/** The aggregator's time; see connscan.proto. */
export type TimeMessage = { readonly wallMs: number; readonly sentMs: number };

/** What an agent sends: exactly one of these. */
export type AgentMessage =
  | { hello: Hello }
  | { batch: Batch }
  | { health: Health & { sentMs?: number } }
  | { policyState: PolicyState };

/** What the aggregator answers: exactly one of these. */
export type AggregatorMessage =
  | { ack: { through: number } }
  | { reject: { seq: number; reason: string } }
  | { policy: PolicyMessage }
  | { retryAfter: { milliseconds: number } }
  | { time: TimeMessage };
