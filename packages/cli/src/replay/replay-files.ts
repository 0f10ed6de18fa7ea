import { createModelReplay, type ModelCounts } from '@connscan/detector';
import type { Detection, Policy } from '@connscan/model';
import { RECORDING_MAGIC } from '@connscan/wire/recording';
import { createConnection, DESTINATION, SOURCE } from './connection.ts';
import { type Chunks, peek, readInput } from './read-input.ts';
import { createRecordingReader } from './recording-reader.ts';
import { replayRecord } from './replay-record.ts';
import { createLineSplitter } from './split-lines.ts';
import { createTally, type TallyCounts } from './tally.ts';
import { CONNECTION, PROBLEM, SKIP } from './verdict.ts';
import { createZeekReader } from './zeek-reader.ts';

/** The longest line that is read: those of Zeek have some hundred bytes. */
const MAX_LINE_BYTES = 65_536;

export type ReplayOptions = {
  /** In this order; `-` is standard input. */
  readonly files: readonly string[];
  readonly policy: Policy;
  /** Secret of the hash tables. */
  readonly key: readonly [number, number];
  readonly onDetection: (detection: Detection) => void;
  /** A malformed line, or a file that cannot be read to its end. */
  readonly onProblem: (text: string) => void;
};

export type ReplayCounts = TallyCounts & ModelCounts & { readonly failedFiles: number };

/** Runs files through the detectors of all models at work, one after the other. Memory does not grow with their length. */
export async function replayFiles({ files, onProblem, ...options }: ReplayOptions): Promise<ReplayCounts> {
  const { maxOriginatorBytes, maxLifetimeSeconds } = options.policy;
  const limits = { maxOriginatorBytes, maxLifetimeMs: maxLifetimeSeconds * 1000 };
  const replay = createModelReplay(options);
  const tally = createTally(onProblem);
  let failedFiles = 0;

  async function replayLog(file: string, chunks: Chunks): Promise<void> {
    const connection = createConnection();
    const { words } = connection;
    const reader = createZeekReader(connection, limits);
    let line = 0;
    const lines = createLineSplitter(
      MAX_LINE_BYTES,
      (bytes, from, to) => {
        line++;
        let verdict = reader.read(bytes, from, to);
        // Ordinary connections move the time too.
        if (verdict >= CONNECTION && verdict !== SKIP.HEADER) replay.moveTo(connection.endedMs);
        if (verdict === CONNECTION) {
          const { port, outcome, endedMs } = connection;
          if (!replay.observe(words, SOURCE, DESTINATION, port, outcome, endedMs)) verdict = SKIP.OUTSIDE;
        }
        tally.count(verdict, file, line);
      },
      () => tally.count(PROBLEM.TOO_LONG, file, ++line),
    );
    for await (const chunk of chunks) lines.write(chunk);
    lines.end();
  }

  async function replayRecording(file: string, chunks: Chunks): Promise<void> {
    let record = 0;
    const reader = createRecordingReader((words, at, wallOffsetMs) => {
      tally.count(replayRecord(replay, limits, words, at, wallOffsetMs), file, ++record);
    });
    for await (const chunk of chunks) reader.write(chunk);
    if (!reader.end()) tally.count(PROBLEM.CUT_SHORT, file, ++record);
  }

  for (const file of files) {
    try {
      const { head, chunks } = await peek(await readInput(file), RECORDING_MAGIC.length);
      await (head.toString('latin1') === RECORDING_MAGIC ? replayRecording : replayLog)(file, chunks);
    } catch (error) {
      failedFiles++;
      onProblem(`${file}: ${(error as Error).message}`);
    }
  }
  replay.end();
  return { ...tally.counts(), ...replay.counts(), failedFiles };
}
