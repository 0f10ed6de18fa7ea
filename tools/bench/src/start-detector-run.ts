import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { limitsText } from './detector-limits-text.ts';
import type { DetectorMix } from './detector-mix.ts';
import { startNative } from './start-native.ts';

const RUN = fileURLToPath(new URL('./detector-run.ts', import.meta.url));
const execute = promisify(execFile);

/** What a run of our detector prints. */
export type DetectorRun = {
  /** Processor time of the measured records: observing them and moving time. */
  readonly ns: number;
  /** What it knows and told, as native/detector.c sums it. */
  readonly sums: readonly number[];
  /** Sources, services and episodes that found no place. */
  readonly evicted: number;
  /** Garbage collections within what is measured. */
  readonly gcMs: number;
  readonly collections: number;
  /** Rows a second at which sightings are taken, which is not measured. */
  readonly sightingsPerSecond: number;
};

/** Runs our detector in a process of its own. Throws if anything was evicted. */
export async function runDetector(mix: DetectorMix): Promise<DetectorRun> {
  const { stdout } = await execute(process.execPath, [RUN, JSON.stringify(mix)]);
  const run: DetectorRun = JSON.parse(stdout);
  if (run.evicted > 0) throw new Error(`${run.evicted} records were evicted with ${JSON.stringify(mix)}`);
  return run;
}

/** Runs the C limit in a process of its own, with ordinary keys. */
export async function runLimit(mix: DetectorMix): Promise<Pick<DetectorRun, 'ns' | 'sums'>> {
  await using native = startNative('detector');
  const [ns, ...sums] = await native.ask(limitsText(mix));
  return { ns: ns!, sums };
}
