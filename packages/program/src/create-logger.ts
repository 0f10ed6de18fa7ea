import { type Logger, pino } from 'pino';

export type { Logger };

/** Logs one JSON object a line to standard output; `name` is the program. */
export function createLogger(name: string): Logger {
  return pino({ name, timestamp: pino.stdTimeFunctions.isoTime, base: { pid: process.pid } });
}
