export { AGGREGATOR_NAME, agentIdOf, agentUri } from './agent-uri.ts';
export { countRows, encodeDetections, encodeLosses, encodeSightings } from './encode-payload.ts';
export { decodeEnrollToken, type EnrollToken, encodeEnrollToken } from './enroll-token.ts';
export { MAX_ADDRESSES, MAX_BATCH_ROWS, MAX_MESSAGE_BYTES } from './limits.ts';
export { LOSS_REASONS, type Loss, type LossReason } from './loss.ts';
export {
  type AgentMessage,
  type AgentResources,
  type AggregatorMessage,
  BATCH_KINDS,
  type Batch,
  type BatchKind,
  batchSchema,
  type Canary,
  type DetectorHealth,
  type Health,
  type Hello,
  helloSchema,
  POLICY_PROGRESS,
  type PolicyMessage,
  type PolicyState,
  policyStateSchema,
  type SpoolHealth,
  sentHealthSchema,
  type TimeMessage,
} from './messages.ts';
export { decodeDetections, decodeLosses, decodeSightings } from './payload.ts';
export {
  decodeRecordingHeader,
  encodeRecordingHeader,
  RECORDING_HEADER_BYTES,
  type RecordingHeader,
} from './recording.ts';
export {
  type AgentStream,
  type AggregatorStream,
  channelOptions,
  createEnrollmentClient,
  createUplinkClient,
  type EnrollmentClient,
  enrollmentService,
  type IssuedCertificate,
  type UplinkClient,
  uplinkPackage,
  uplinkService,
} from './uplink.ts';
