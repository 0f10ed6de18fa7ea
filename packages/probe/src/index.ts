export { bootTimeMs } from './boot-clock.ts';
export { FILTER_REASONS, type FilterReason, type ProbeCounters } from './counters.ts';
export { type MappedRing, mapRing, type Ring } from './map-ring.ts';
export { openProbe, type Probe, type ProbeLimits, type ProbeOptions } from './probe.ts';
export {
  LOCAL_ADDRESS_WORD,
  RECORD_BYTES,
  RECORD_FLAGS,
  REMOTE_ADDRESS_WORD,
  recordAddress,
  recordEndedMs,
  recordFlags,
  recordLifetimeLog2Ms,
  recordLocalPort,
  recordNetns,
  recordOriginatorBytes,
  recordOutcome,
  recordRemotePort,
  recordTgid,
  type Words,
} from './record.ts';
export { checkMachine, MACHINE_PATHS, type Requirement } from './requirements.ts';
export { defaultRingBytes } from './ring-bytes.ts';
export { createRingReader, type RingPages, type RingReader, type Visit } from './ring-reader.ts';
