import { z } from 'zod';

/** Protobuf integers arrive as numbers; one beyond 2^53 has lost digits and is refused. */
const uint = z.number().int().min(0);

/** First message of a stream; see connscan.proto. */
export const helloSchema = z.object({
  agentId: z.uuid(),
  epoch: z.uuid(),
  version: z.string().min(1).max(100),
  hostname: z.string().min(1).max(255),
  kernel: z.string().max(255),
});
export type Hello = z.output<typeof helloSchema>;

export const BATCH_KINDS = ['DETECTIONS', 'SIGHTINGS'] as const;
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

export const healthSchema = z.object({
  seen: uint,
  submitted: uint,
  reserveFailed: uint,
  recursionMisses: uint,
  filtered: z.record(z.string().max(50), uint),
  processed: uint,
  queueDropped: uint,
  detector: detectorHealthSchema,
});
export type Health = z.output<typeof healthSchema>;

/** What an agent sends: exactly one of these. */
export type AgentMessage = { hello: Hello } | { batch: Batch } | { health: Health };

/** What the aggregator answers: exactly one of these. */
export type AggregatorMessage = { ack: { through: number } } | { reject: { seq: number; reason: string } };
