export { MAX_BATCH_ROWS, MAX_MESSAGE_BYTES } from './limits.ts';
export {
  type AgentMessage,
  type AggregatorMessage,
  BATCH_KINDS,
  type Batch,
  type BatchKind,
  batchSchema,
  type DetectorHealth,
  type Health,
  type Hello,
  healthSchema,
  helloSchema,
} from './messages.ts';
export { decodeDetections, decodeSightings, encodeDetections, encodeSightings } from './payload.ts';
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
  createUplinkClient,
  type UplinkClient,
  uplinkPackage,
  uplinkService,
} from './uplink.ts';
