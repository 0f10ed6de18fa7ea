import { fileURLToPath } from 'node:url';
import {
  type ChannelCredentials,
  type ClientDuplexStream,
  type ClientOptions,
  loadPackageDefinition,
  type ServerDuplexStream,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import type { AgentMessage, AggregatorMessage } from './messages.ts';

/** The schema as loaded from connscan.proto; reflection serves it. */
export const uplinkPackage = loadSync(fileURLToPath(new URL('../connscan.proto', import.meta.url)), {
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});

const grpcObject = loadPackageDefinition(uplinkPackage) as unknown as {
  connscan: { v1: { Uplink: ServiceClientConstructor } };
};
const Uplink = grpcObject.connscan.v1.Uplink;

/** The service that a server registers. */
export const uplinkService = Uplink.service;

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

/** Bounds and keepalive of both ends: a dead peer is noticed within 40 s. */
export const channelOptions = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
} as const;
