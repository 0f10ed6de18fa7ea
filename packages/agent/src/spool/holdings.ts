import type { LossReason } from '@connscan/wire';
import type { Entry, Lane } from './lane.ts';
import type { Ledger } from './ledger.ts';
import { RECORD_HEADER_BYTES } from './record-format.ts';
import { indexAfter, type Segment } from './segment.ts';

/** Payloads kept in memory after they are on disk, for a session that will soon send them. */
const RECENT_BYTES = 4 * 2 ** 20;

/** What the lanes hold, and how it leaves them. Nothing here touches the disk. */
export type Holdings = {
  add(lane: Lane, entry: Entry): void;
  /** False if the number is not waited for. */
  acknowledge(seq: number): boolean;
  /** These are on disk now; keeps their payloads for a while if somebody is to read them. */
  keep(entries: readonly Entry[], areRead: boolean): void;
  /** Loses one record on disk. */
  lose(segment: Segment, index: number, reason: LossReason): void;
  /** Loses all that waits in a segment. */
  giveUp(segment: Segment): void;
  /** Loses the oldest batch in the memory of a lane. */
  giveUpPending(lane: Lane): void;
  recent(seq: number): Uint8Array | undefined;
  /** In memory only. */
  memoryBytes(): number;
  waitingBytes(): number;
  /** Wall time at which the oldest batch came that waits; undefined if none does. */
  oldestMs(): number | undefined;
};

export function createHoldings(ledger: Ledger, lanes: readonly Lane[]): Holdings {
  const recent = new Map<number, Uint8Array>();
  let recentBytes = 0;
  let memoryBytes = 0;
  let waitingBytes = 0;
  for (const segment of lanes.flatMap((lane) => lane.segments)) {
    for (const [i, seq] of segment.seqs.entries()) if (!ledger.isSettled(seq)) waitingBytes += payloadBytes(segment, i);
  }

  function find(seq: number): { readonly lane: Lane; readonly segment: Segment; readonly index: number } | undefined {
    for (const lane of lanes) {
      for (const segment of lane.segments) {
        if (!(segment.seqs[0]! <= seq && seq <= segment.seqs.at(-1)!)) continue;
        const index = indexAfter(segment, seq - 1);
        if (segment.seqs[index] === seq) return { lane, segment, index };
      }
    }
    return undefined;
  }

  function forget(seq: number): void {
    recentBytes -= recent.get(seq)?.length ?? 0;
    recent.delete(seq);
  }

  /** A record on disk that waited is settled now. */
  function leave(segment: Segment, index: number): void {
    forget(segment.seqs[index]!);
    waitingBytes -= payloadBytes(segment, index);
    segment.waiting--;
    segment.settledVersion = ledger.version();
  }

  function leaveMemory(lane: Lane, index: number): void {
    const [entry] = lane.pending.splice(index, 1);
    memoryBytes -= entry!.payload.length;
    waitingBytes -= entry!.payload.length;
    entry!.done();
  }

  function lose(segment: Segment, index: number, reason: LossReason): void {
    const seq = segment.seqs[index]!;
    if (ledger.isSettled(seq)) return;
    ledger.lose([seq, seq], segment.rows[index]!, reason);
    leave(segment, index);
  }

  return {
    add(lane, entry) {
      lane.pending.push(entry);
      memoryBytes += entry.payload.length;
      waitingBytes += entry.payload.length;
    },
    acknowledge(seq) {
      if (!ledger.acknowledge(seq)) return false;
      const found = find(seq);
      if (found) {
        leave(found.segment, found.index);
        return true;
      }
      for (const lane of lanes) {
        const index = lane.pending.findIndex((entry) => entry.seq === seq);
        if (index >= 0) leaveMemory(lane, index);
      }
      return true;
    },
    keep(entries, areRead) {
      for (const { seq, payload, done } of entries) {
        memoryBytes -= payload.length;
        done(seq);
        if (!areRead) continue;
        recent.set(seq, payload);
        recentBytes += payload.length;
      }
      for (const seq of recent.keys()) {
        if (recentBytes <= RECENT_BYTES) break;
        forget(seq);
      }
    },
    lose,
    giveUp(segment) {
      for (const index of segment.seqs.keys()) lose(segment, index, 'full');
    },
    giveUpPending(lane) {
      const { seq, rows } = lane.pending[0]!;
      ledger.lose([seq, seq], rows, 'full');
      leaveMemory(lane, 0);
    },
    recent: (seq) => recent.get(seq),
    memoryBytes: () => memoryBytes,
    waitingBytes: () => waitingBytes,
    oldestMs() {
      const times = lanes.map((lane) => {
        const segment = lane.segments.find(({ waiting }) => waiting > 0);
        const index = segment?.seqs.findIndex((seq) => !ledger.isSettled(seq));
        return (index === undefined ? undefined : segment!.timesMs[index]) ?? lane.pending[0]?.timeMs;
      });
      return times.reduce((a, b) => (b !== undefined && (a === undefined || b < a) ? b : a), undefined);
    },
  };
}

function payloadBytes({ lengths }: Segment, index: number): number {
  return lengths[index]! - RECORD_HEADER_BYTES;
}
