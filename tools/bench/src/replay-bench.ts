import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { connLog } from './conn-log.ts';
import { createResult, type Result } from './result.ts';

const CONNSCAN = fileURLToPath(import.meta.resolve('../../../packages/cli/src/main.ts'));

/** Of what `connscan replay --json` tells last. */
type Summary = {
  readonly lines: number;
  readonly malformed: number;
  readonly late: number;
  readonly detections: number;
  readonly elapsedMs: number;
  readonly peakBytes: number;
};

export type ReplayBenchOptions = {
  /** Lines of the conn.log. */
  readonly lines: number;
  /** Medians are over so many processes, after one that fills the page cache. */
  readonly rounds: number;
  readonly say: (step: string) => void;
};

/** How fast `connscan replay` reads a conn.log from the page cache, from its start to its last line, and what memory that takes. */
export async function replayBench({ lines, rounds, say }: ReplayBenchOptions): Promise<Result[]> {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'conn.log');
  say(`a conn.log of ${lines} lines`);
  writeConnLog(file, lines);
  const summaries: Summary[] = [];
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'replay, to warm up' : `replay ${round} of ${rounds}`);
    const summary = await replay(file);
    if (round > 0) summaries.push(summary);
  }
  return [
    createResult(
      'detector.replayLinesPerSecond',
      'lines/s',
      summaries.map(({ lines, elapsedMs }) => (lines / elapsedMs) * 1000),
    ),
    createResult(
      'detector.replayMemoryMiB',
      'MiB',
      summaries.map(({ peakBytes }) => peakBytes / 2 ** 20),
    ),
  ];
}

function writeConnLog(file: string, lines: number): void {
  const fd = openSync(file, 'wx');
  for (const chunk of connLog(lines, 1)) writeSync(fd, chunk);
  closeSync(fd);
}

/** A program of its own each time. Throws unless it read every line and found something. */
async function replay(file: string): Promise<Summary> {
  const child = spawn(process.execPath, [CONNSCAN, 'replay', '--json', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  if (code !== 0) throw new Error(`connscan replay ended with ${code}: ${said}`);
  const summary: Summary = JSON.parse(said);
  if (summary.malformed > 0 || summary.late > 0 || summary.detections === 0)
    throw new Error(`replayed wrongly: ${said}`);
  return summary;
}

function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'connscan-bench-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
