export { bootTimeMs } from './boot-clock.ts';
export { FILTER_REASONS, type FilterReason, type ProbeCounters } from './counters.ts';
export { CAPABILITIES, type ExecOptions, execWithoutPrivileges } from './exec-without-privileges.ts';
export { type MappedRing, mapRing, type Ring } from './map-ring.ts';
export type { ProbeLimits, Sides } from './open-watch.ts';
export { adoptProbe, openProbe, type Probe, type ProbeOptions } from './probe.ts';
export type { OptionalProgram, ProbeFds, Unavailable } from './probe-fds.ts';
export { type MappedProcesses, mapProcesses, type ProcessEntry, type ProcessTable } from './process-table.ts';
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
  recordProcess,
  recordRemotePort,
  type Words,
} from './record.ts';
export { checkMachine, MACHINE_PATHS, type Requirement } from './requirements.ts';
export { defaultRingBytes } from './ring-bytes.ts';
export { createRingReader, type RingPages, type RingReader, type Visit } from './ring-reader.ts';
export { openTrace, type Trace, type TraceOptions } from './trace.ts';
export {
  TCP_STATES,
  transitionAtMs,
  transitionError,
  transitionFlags,
  transitionLocalPort,
  transitionNetns,
  transitionNewState,
  transitionOldState,
  transitionProcess,
  transitionRemotePort,
} from './transition.ts';
export { type RingWatch, watchRing } from './watch-ring.ts';
