import { z } from 'zod';
import { parseCidr } from './cidr.ts';
import type { ModelName } from './detection-model.ts';
import { addressSchema, portSchema } from './sighting.ts';

const seconds = (least: number, most: number) => z.number().int().min(least).max(most);
/** A threshold is a number of services from 1 to this. */
export const MOST_SERVICES = 1024;

/** Agents take no higher ones, whoever holds the aggregator: docs/policy.md says why. */
export const HIGHEST_LOW = 64;
export const HIGHEST_MEDIUM = 256;

const services = z.number().int().min(1).max(MOST_SERVICES);
const DAY_SECONDS = 86_400;

const cidr = z.string().refine((text) => parseCidr(text) !== undefined, {
  error: 'must be an address range such as 10.0.0.0/8, with no bits set behind its prefix',
});

const thresholds = z
  .strictObject({ low: services, medium: services, high: services })
  .refine(({ low, medium, high }) => low <= medium && medium <= high, {
    error: 'must rise: low ≤ medium ≤ high',
  });

/** Few aborted services are enough, at medium severity, when this many failed ones stand beside them. */
const corroborated = z.strictObject({ abortedServices: services, failedServices: services });

/** Text that counters and lists are told by. */
const name = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must have no control characters');

const areUnique = (named: readonly { readonly name: string }[]) =>
  new Set(named.map((one) => one.name)).size === named.length;

const UNIQUE = { error: 'names must be unique' };

/** The detector keeps the number of a source's override in three bits. */
const MAX_OVERRIDES = 7;

/** Other limits for some sources. What is left out is as it is for all. */
const overrideSchema = z
  .strictObject({
    name,
    sources: z.array(cidr).min(1).max(100),
    thresholds: thresholds.optional(),
    corroborated: corroborated.optional(),
    slow: z.strictObject({ services }).optional(),
  })
  .refine(({ thresholds, corroborated, slow }) => thresholds ?? corroborated ?? slow, {
    error: 'must have at least one of thresholds, corroborated, slow',
  });

export type Override = z.output<typeof overrideSchema>;

/** With what limits a model detects. Every default is given with its reason in docs/detection.md. */
const modelSettingsSchema = z.strictObject({
  /** Look-back window of the distinct count, in seconds. */
  rollupPeriodSeconds: seconds(15, 3600).default(300),
  /** How often an ongoing detection repeats, in seconds. */
  updateIntervalSeconds: seconds(15, 3600).default(300),
  /** Distinct services within the rollup period, for each severity. */
  thresholds: thresholds.default({ low: 10, medium: 25, high: 100 }),
  corroborated: corroborated.default({ abortedServices: 3, failedServices: 15 }),
  /** So many services that the source did not touch before, within this longer period, are a slow scan, at low severity. */
  slow: z
    .strictObject({ services, periodSeconds: seconds(3600, DAY_SECONDS) })
    .default({ services: 30, periodSeconds: DAY_SECONDS }),
  /** Whether a connection that the originator ended by FIN counts as one ended by reset does. */
  countEmptyClose: z.boolean().default(true),
  /** How long a detection stays tentative before it is confirmed, in seconds; failures confirm it at once. */
  confirmSeconds: seconds(0, 3600).default(30),
  /** After a cold start only failures confirm a detection, for so many seconds: every health checker is new then. */
  warmUpSeconds: seconds(0, DAY_SECONDS).default(900),
  /** Services that a source touches at a steady beat are habitual and do not count. */
  cadence: z
    .strictObject({
      enabled: z.boolean().default(true),
      /** A beat that stops within this time of its recognition was none: its services count again. */
      probationSeconds: seconds(0, DAY_SECONDS).default(3600),
      /** What was not seen for so long is forgotten. */
      forgetSeconds: seconds(DAY_SECONDS, 7 * DAY_SECONDS).default(7 * DAY_SECONDS),
    })
    .prefault({}),
  /** Of several that take a source, the last one holds. */
  overrides: z.array(overrideSchema).max(MAX_OVERRIDES).refine(areUnique, UNIQUE).default([]),
});

export type ModelSettings = z.output<typeof modelSettingsSchema>;

const MAX_RULES = 1000;

/** Connections that do not count, although they would. Each scope that is left out takes everything. */
const exceptionSchema = z
  .strictObject({
    name,
    reason: z.string().max(1000).optional(),
    /** Who answers for it. */
    owner: z.string().min(1).max(100).optional(),
    sources: z.array(cidr).min(1).max(100).optional(),
    targets: z.array(cidr).min(1).max(100).optional(),
    ports: z.array(portSchema).min(1).max(100).optional(),
    /** Names or executable paths of the process that connects, on a host with an agent. */
    processes: z.array(z.string().min(1).max(4096)).min(1).max(100).optional(),
    /** From then on it holds no more. */
    expiresAt: z.iso.datetime({ offset: true }).optional(),
  })
  .refine(({ sources, targets, ports, processes }) => sources ?? targets ?? ports ?? processes, {
    error: 'must have at least one of sources, targets, ports, processes',
  });

export type Exception = z.output<typeof exceptionSchema>;

/** What an administrator decided of a service that a source touches: `pinned` never counts, `revoked` always does. */
const habitRuleSchema = z.strictObject({
  source: addressSchema,
  destination: addressSchema,
  port: portSchema,
  decision: z.enum(['pinned', 'revoked']),
});

export type HabitRule = z.output<typeof habitRuleSchema>;

/** Settings of a model, and whether it is at work. */
const modelSchema = (enabled: boolean) => modelSettingsSchema.extend({ enabled: z.boolean().default(enabled) });

/**
 * What an agent detects and with which limits. The one schema for config files, gRPC policies and GraphQL inputs.
 * Every default is given with its reason in docs/detection.md.
 */
export const policySchema = z.strictObject({
  /** Address ranges inside the network. */
  internalCidrs: z
    .array(cidr)
    .min(1)
    .max(1024)
    .default(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10']),
  /** An originator that sent more payload than this, in bytes, talked: an ordinary connection. */
  maxOriginatorBytes: z.number().int().min(0).max(255).default(16),
  /** A connection that lived longer than this, in seconds, is no probe. */
  maxLifetimeSeconds: seconds(1, 3600).default(60),
  models: z
    .strictObject({
      connscan_internal_internal: modelSchema(true).prefault({}),
      connscan_internal_external: modelSchema(false).prefault({}),
      connscan_external_internal: modelSchema(false).prefault({}),
    } satisfies Record<ModelName, z.ZodType>)
    .prefault({}),
  exceptions: z.array(exceptionSchema).max(MAX_RULES).refine(areUnique, UNIQUE).default([]),
  habits: z.array(habitRuleSchema).max(MAX_RULES).default([]),
});

/** A policy with every setting filled in. */
export type Policy = z.output<typeof policySchema>;

/** The policy of a new agent. */
export const DEFAULT_POLICY: Policy = policySchema.parse({});
