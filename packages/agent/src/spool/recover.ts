import { type Attempt, readCursor } from './cursor.ts';
import type { CursorState } from './cursor-state.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createNumberSet, type Range, rangesOf } from './number-set.ts';
import { quarantine } from './quarantine.ts';
import { createScratch, READ_TRIES, readSegment } from './read-segment.ts';
import { createSegment, indexRecord, parseSegmentName, type Segment } from './segment.ts';
import type { SpoolFiles } from './spool-files.ts';

export type RecoverOptions = {
  readonly files: SpoolFiles;
  readonly randomUUID: () => string;
  /** Told of every call that failed, and what it was about. */
  readonly onError: (error: unknown, what: string) => void;
};

export type Recovered = {
  readonly ledger: Ledger;
  /** Whether the ledger goes on with an epoch that was found. */
  readonly known: boolean;
  readonly newestSlot: 0 | 1 | undefined;
  /** In the order of their numbers. */
  readonly segments: readonly Segment[];
  /** Names of segments of another epoch, whose cursor is lost. */
  readonly foreign: readonly string[];
  readonly nextNumber: number;
};

/** Finds out what a spool's directory holds. The listing is the truth: a number that is neither there nor settled is lost. */
export async function recover({ files, randomUUID, onError }: RecoverOptions): Promise<Recovered> {
  const attempt: Attempt = async (what, call) => {
    for (let tries = 1; tries <= READ_TRIES; tries++) {
      try {
        return await call();
      } catch (error) {
        onError(error, what);
      }
    }
    return undefined;
  };
  await attempt('the spool directory', () => files.makeDirectory());
  const cursor = await readCursor(files, attempt);
  const names = ((await attempt('the spool directory', () => files.list())) ?? []).sort();
  const epoch = cursor?.state.epoch;

  const segments: Segment[] = [];
  const foreign: string[] = [];
  const scratch = createScratch();
  const seen = new Set<number>();
  let nextNumber = 1;
  // A batch may stand in two segments, as it was written again when it was not certain to be on the disk; the last is whole.
  for (const name of names.toReversed()) {
    const parsed = parseSegmentName(name);
    if (!parsed) continue;
    nextNumber = Math.max(nextNumber, parsed.number + 1);
    const content = await attempt(name, () => readSegment(files, name, parsed.number, epoch, scratch));
    if (!content) {
      await attempt(name, () => quarantine(files, name));
    } else if (content.records.length > 0 && content.epoch !== epoch) {
      foreign.push(name);
    } else {
      const segment = createSegment(parsed.number, parsed.kind, content.bytes, -1);
      segment.damaged = content.damaged;
      for (const record of content.records) {
        if (!seen.has(record.seq)) indexRecord(segment, record, record.start, NOTHING_WAITS);
        seen.add(record.seq);
      }
      segments.unshift(segment);
    }
  }

  const onDisk = Float64Array.from(seen).sort();
  const start = cursor?.state ?? { ...EMPTY, epoch: randomUUID() };
  const ledger = createLedger({
    ...start,
    through: Math.max(start.through, onDisk.at(-1) ?? 0),
    settled: start.coarse ? without(start.settled, onDisk) : start.settled,
  });
  for (const range of missing(ledger, onDisk)) ledger.lose(range, undefined, 'damage');
  for (const segment of segments) {
    segment.waiting = segment.seqs.filter((seq) => !ledger.isSettled(seq)).length;
    if (segment.seqs.length > 0) segment.settledVersion = ledger.version();
  }
  return { ledger, known: cursor !== undefined, newestSlot: cursor?.slot, segments, foreign, nextNumber };
}

const EMPTY: Omit<CursorState, 'epoch'> = {
  version: 0,
  through: 0,
  lostFull: 0,
  lostDamage: 0,
  settled: [],
  coarse: false,
  untold: [],
};

const NOTHING_WAITS = { isSettled: () => true };

/** Numbers that were given and are nowhere. */
function missing(ledger: Ledger, onDisk: Float64Array): Range[] {
  const { settled, told, through } = ledger.state();
  const there = createNumberSet(rangesOf(onDisk));
  for (const [from, end] of settled) there.add(from, end);
  if (told) there.add(told.seq, told.seq);
  const gaps: Range[] = [];
  let next = 1;
  for (const [from, end] of [...there.ranges(), [through + 1, through + 1] as const]) {
    if (from > next) gaps.push([next, from - 1]);
    next = end + 1;
  }
  return gaps;
}

/** The numbers of `ranges` without those of `numbers`, which ascend. */
function without(ranges: readonly Range[], numbers: Float64Array): [number, number][] {
  const left: [number, number][] = [];
  let i = 0;
  for (const [from, through] of ranges) {
    let next = from;
    while (i < numbers.length && numbers[i]! < from) i++;
    for (; i < numbers.length && numbers[i]! <= through; i++) {
      if (numbers[i]! > next) left.push([next, numbers[i]! - 1]);
      next = numbers[i]! + 1;
    }
    if (next <= through) left.push([next, through]);
  }
  return left;
}
