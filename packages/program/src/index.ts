export { type CertifiedKey, readCertifiedKey, writeCertifiedKey } from './certified-key.ts';
export { addCommand, createProgram, runProgram, unknownArguments } from './command-line.ts';
export { createLogger, type Logger } from './create-logger.ts';
export { exposeMetrics, METRICS_TYPE, type Metric } from './expose-metrics.ts';
export {
  formatSocketAddress,
  isLoopback,
  parseLoopbackAddress,
  parseSocketAddress,
  type SocketAddress,
} from './loopback-address.ts';
export { type DataDirectory, openDataDirectory } from './open-data-directory.ts';
export { type Daemon, reportFailure, runDaemon } from './run-daemon.ts';
export { type Lock, takeLock } from './take-lock.ts';
