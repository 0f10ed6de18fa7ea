import { type Options, Presets, SingleBar } from 'cli-progress';

export type Progress = {
  /** So much of the whole is done; the whole may grow. */
  update(done: number, total: number): void;
  /** Takes the bar away, so that what is printed next begins on a clean line. */
  stop(): void;
};

/**
 * A bar on standard error for work that takes long; where that is no terminal, nothing. `label` is one of the program's own
 * words. Call `stop` whatever happens.
 */
export function createProgress(label: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  const options: Options = {
    format: `${label} {bar} {percentage} % | {value}/{total} | {eta_formatted} left`,
    clearOnComplete: true,
    hideCursor: true,
    stopOnComplete: false,
    // Escape sequences are for terminals only: without one, cli-progress writes nothing.
    noTTYOutput: false,
    stream,
  };
  const bar = new SingleBar(options, Presets.shades_classic);
  let isStarted = false;
  return {
    update(done, total) {
      if (!isStarted) bar.start(total, done);
      isStarted = true;
      bar.setTotal(total);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
