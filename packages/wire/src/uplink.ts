import { fileURLToPath } from 'node:url';
import {
  type ChannelCredentials,
  type ClientDuplexStream,
  type ClientOptions,
  loadPackageDefinition,
  type ServerDuplexStream,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import type { AgentMessage, AggregatorMessage } from './messages.ts';

/** The schema as loaded from connscan.proto; reflection serves it. */
export const uplinkPackage = loadSync(fileURLToPath(new URL('../connscan.proto', import.meta.url)), {
  longs: Number,
  enums: String,
  defaults: true,
  arrays: true,
  oneofs: true,
});

const grpcObject = loadPackageDefinition(uplinkPackage) as unknown as {
  connscan: { v1: { Uplink: ServiceClientConstructor; Enrollment: ServiceClientConstructor } };
};
const { Uplink, Enrollment } = grpcObject.connscan.v1;

/** The service that a server registers. */
export const uplinkService = Uplink.service;

/** The service that gives agents their certificates. */
export const enrollmentService = Enrollment.service;

/** The agent's end of a session. What it reads was written by an aggregator and follows connscan.proto. */
export type AgentStream = ClientDuplexStream<AgentMessage, AggregatorMessage>;

/** The aggregator's end of a session. What it reads is untrusted: check it against the schemas of messages.ts. */
export type AggregatorStream = ServerDuplexStream<unknown, AggregatorMessage>;

export type UplinkClient = { session(): AgentStream; close(): void };

/** A client of one aggregator; connects when the first session opens. */
export function createUplinkClient(
  address: string,
  credentials: ChannelCredentials,
  options: ClientOptions = {},
): UplinkClient {
  return new Uplink(address, credentials, { ...channelOptions, ...options }) as unknown as UplinkClient;
}

/** What an aggregator answers to an enrollment: DER each. */
export type IssuedCertificate = {
  readonly agentId: string;
  readonly certificate: Uint8Array;
  readonly authorities: readonly Uint8Array[];
};

type Answer = (error: ServiceError | null, certificate: IssuedCertificate) => void;

type Until = { readonly deadline: Date };

export type EnrollmentClient = {
  enroll(request: { token: string; request: Uint8Array; hostname: string }, until: Until, answer: Answer): void;
  renew(request: { request: Uint8Array }, until: Until, answer: Answer): void;
  close(): void;
};

/** A client of one aggregator; connects with the first call. */
export function createEnrollmentClient(
  address: string,
  credentials: ChannelCredentials,
  options: ClientOptions = {},
): EnrollmentClient {
  return new Enrollment(address, credentials, { ...channelOptions, ...options }) as unknown as EnrollmentClient;
}

/** Bounds and keepalive of both ends: a dead peer is noticed within 40 s. */
export const channelOptions = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
} as const;
