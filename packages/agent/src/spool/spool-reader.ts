import { type Batch, type BatchKind, encodeLosses } from '@connscan/wire';
import type { Holdings } from './holdings.ts';
import type { Lane } from './lane.ts';
import type { Ledger } from './ledger.ts';
import { READ_TRIES } from './read-segment.ts';
import { decodeRecord, segmentKey } from './record-format.ts';
import { indexAfter, type Segment, segmentName } from './segment.ts';
import type { SpoolReader } from './spool.ts';
import type { SpoolFile, SpoolFiles } from './spool-files.ts';
import { readWhole } from './whole.ts';

/** Failures of the disk; others, as too many open files, say nothing about a record. */
const DISK_FAILURES = new Set(['EIO', 'ENOENT', 'EUCLEAN', 'EBADMSG', 'EILSEQ', 'ELOOP', 'EINVAL', 'ENXIO']);

export type ReaderOptions = {
  readonly files: SpoolFiles;
  readonly ledger: Ledger;
  readonly lanes: readonly Lane[];
  readonly holdings: Holdings;
  /** Batches in memory may be sent up to this number: no other start will use it. */
  readonly reservedThrough: () => number;
  /** The loss batch that both cursor slots hold. */
  readonly told: () => ReturnType<Ledger['tell']>;
  /** Told of each failure to read. */
  readonly onError: () => void;
  /** A record was lost; its segment is damaged. */
  readonly onDamage: (segment: Segment) => void;
  readonly closed: () => void;
};

export function createReader(options: ReaderOptions): SpoolReader {
  const { files, ledger, lanes, holdings } = options;
  /** What is on disk now is the backlog; in each lane everything with a higher number is fresh. */
  const sent = new Map<BatchKind, number>(lanes.map(({ kind, segments }) => [kind, lastSeq(segments)]));
  const backlogEnd = new Map(sent);
  const backlog = lanes
    .flatMap(({ segments }) => segments.filter(({ waiting }) => waiting > 0))
    .sort((a, b) => a.number - b.number);
  let backlogIndex = 0;
  let toldSeq = 0;
  let isClosed = false;
  let open: { readonly segment: Segment; readonly file: SpoolFile } | undefined;

  /** Undefined if it is settled, was lost just now, or cannot be read for a reason that may pass. */
  async function read(segment: Segment, index: number): Promise<Uint8Array | 'lost' | 'later'> {
    const seq = segment.seqs[index]!;
    const recent = holdings.recent(seq);
    if (recent) return recent;
    for (let tries = 1; ; tries++) {
      const found = await tryRead(segment, index);
      if (typeof found !== 'string') return found;
      if (isClosed) return 'later';
      if (ledger.isSettled(seq)) return 'lost';
      options.onError();
      if (!DISK_FAILURES.has(found)) return 'later';
      if (tries < READ_TRIES) continue;
      holdings.lose(segment, index, 'damage');
      options.onDamage(segment);
      return 'lost';
    }
  }

  /** The payload, or the code of what failed. */
  async function tryRead(segment: Segment, index: number): Promise<Uint8Array | string> {
    try {
      if (isClosed) return 'EBADF';
      if (open?.segment !== segment) {
        await shut();
        open = { segment, file: (await files.open(segmentName(segment), 'read')).file };
      }
      const bytes = Buffer.allocUnsafe(segment.lengths[index]!);
      const whole = (await readWhole(open.file, bytes, segment.starts[index]!)) as Buffer;
      if (isClosed) await shut();
      const record = decodeRecord(whole, segmentKey(ledger.epoch, segment.number));
      if (record && record.seq === segment.seqs[index]) return record.payload;
      await shut();
      return 'EIO';
    } catch (error) {
      await shut();
      return (error as NodeJS.ErrnoException).code ?? 'EIO';
    }
  }

  async function shut(): Promise<void> {
    const file = open?.file;
    open = undefined;
    await file?.close().catch(() => {});
  }

  async function nextFresh(lane: Lane): Promise<Batch | undefined> {
    const { kind } = lane;
    for (const segment of lane.segments) {
      if (segment.waiting === 0 || !(segment.seqs.at(-1)! > sent.get(kind)!)) continue;
      for (let index = indexAfter(segment, sent.get(kind)!); index < segment.seqs.length; index++) {
        const seq = segment.seqs[index]!;
        if (!ledger.isSettled(seq)) {
          const payload = await read(segment, index);
          if (payload === 'later') return undefined;
          if (payload !== 'lost') {
            sent.set(kind, seq);
            return { seq, kind, payload };
          }
        }
        sent.set(kind, seq);
      }
    }
    const entry = lane.pending.find(({ seq }) => seq > sent.get(kind)!);
    if (!entry || entry.seq > options.reservedThrough()) return undefined;
    sent.set(kind, entry.seq);
    return { seq: entry.seq, kind, payload: entry.payload };
  }

  async function nextOfBacklog(): Promise<Batch | undefined> {
    for (let segment = backlog[0]; segment; backlog.shift(), segment = backlog[0], backlogIndex = 0) {
      const { kind, seqs } = segment;
      for (; backlogIndex < seqs.length && seqs[backlogIndex]! <= backlogEnd.get(kind)!; backlogIndex++) {
        if (segment.waiting === 0) break;
        const seq = seqs[backlogIndex]!;
        if (ledger.isSettled(seq)) continue;
        const payload = await read(segment, backlogIndex);
        if (payload === 'later') return undefined;
        if (payload === 'lost') continue;
        backlogIndex++;
        return { seq, kind, payload };
      }
    }
    return undefined;
  }

  return {
    async next() {
      if (isClosed) return undefined;
      const told = options.told();
      if (told && told.seq !== toldSeq) {
        toldSeq = told.seq;
        return { seq: told.seq, kind: 'LOSS', payload: encodeLosses(told.losses) };
      }
      for (const lane of lanes) {
        const batch = await nextFresh(lane);
        if (batch) return batch;
      }
      return nextOfBacklog();
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      void shut();
      options.closed();
    },
  };
}

function lastSeq(segments: readonly Segment[]): number {
  return segments.reduce((last, { seqs }) => Math.max(last, seqs.at(-1) ?? 0), 0);
}
