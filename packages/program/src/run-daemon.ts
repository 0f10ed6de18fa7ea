import { once } from 'node:events';
import { ConnscanError } from '@connscan/model';

/** A started program: `stop` drains it and ends it. */
export type Daemon = { stop(): Promise<void> };

/**
 * Starts a daemon, waits for SIGTERM or SIGINT, stops it; returns the exit code. A start that fails, or a wrong option,
 * is told on standard error as `CODE: message`. A second signal while stopping ends the process at once.
 */
export async function runDaemon(start: () => Promise<Daemon>): Promise<number> {
  try {
    const signal = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
    const daemon = await start();
    await signal;
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => process.exit(1));
    await daemon.stop();
    return 0;
  } catch (error) {
    return reportFailure(error);
  }
}

/** Tells on standard error why a command failed; returns its exit code. */
export function reportFailure(error: unknown): number {
  if (error instanceof ConnscanError) {
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}
