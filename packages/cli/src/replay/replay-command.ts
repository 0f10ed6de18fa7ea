import { randomBytes } from 'node:crypto';
import type { Detection } from '@connscan/model';
import { formatDetections } from '../format-detections.ts';
import { detectionAnswer } from './detection-answer.ts';
import { formatSummary } from './format-summary.ts';
import { replayFiles } from './replay-files.ts';
import { type ReplayArguments, readReplayOptions } from './replay-options.ts';

/**
 * `connscan replay`: detections go to standard output, as one JSON object a line when each is over or as a table at the end,
 * everything else to standard error, where the last line is a summary. Returns the exit code: 1 if a file could not be read to its end.
 */
export async function replayCommand(files: readonly string[], args: ReplayArguments): Promise<number> {
  const options = await readReplayOptions(files, args);
  const rows: Detection[] = [];
  let detections = 0;
  let confirmed = 0;
  const startedMs = performance.now();
  const counts = await replayFiles({
    ...options,
    key: randomKey(),
    onDetection(detection) {
      detections++;
      if (detection.confidence === 'confirmed') confirmed++;
      if (args.json) process.stdout.write(`${JSON.stringify(detectionAnswer(detection))}\n`);
      else rows.push({ ...detection, samples: [] });
    },
    onProblem: (text) => process.stderr.write(`${text.replaceAll(/\p{Cc}/gu, '?')}\n`),
  });
  const elapsedMs = performance.now() - startedMs;
  if (!args.json) process.stdout.write(formatDetections(rows.toSorted(latestFirst).map(detectionAnswer)));
  const summary = { ...counts, detections, confirmed, elapsedMs, peakBytes: process.resourceUsage().maxRSS * 1024 };
  process.stderr.write(args.json ? `${JSON.stringify(summary)}\n` : formatSummary(summary));
  return counts.failedFiles > 0 ? 1 : 0;
}

function latestFirst(a: Detection, b: Detection): number {
  return b.startedMs - a.startedMs;
}

function randomKey(): [number, number] {
  const bytes = randomBytes(8);
  return [bytes.readInt32LE(0), bytes.readInt32LE(4)];
}
