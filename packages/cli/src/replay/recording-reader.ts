import { ConnscanError } from '@connscan/model';
import { RECORD_BYTES } from '@connscan/probe';
import { decodeRecordingHeader, RECORDING_HEADER_BYTES } from '@connscan/wire/recording';

/** Records that are looked at together. */
const BATCH_RECORDS = 4096;

export type OnRecord = (words: Int32Array, at: number, wallOffsetMs: number) => void;

export type RecordingReader = {
  /** Throws BAD_PAYLOAD where a recording that can be read does not begin. */
  write(chunk: Uint8Array): void;
  /** Whether the last record is whole. */
  end(): boolean;
};

/** Cuts the bytes of one recording into records, whatever the chunks. A record is valid until `onRecord` returns. */
export function createRecordingReader(onRecord: OnRecord): RecordingReader {
  const batch = Buffer.from(new ArrayBuffer(BATCH_RECORDS * RECORD_BYTES));
  const words = new Int32Array(batch.buffer);
  let filled = 0;
  let wallOffsetMs: number | undefined;

  function take(): void {
    let at = 0;
    if (wallOffsetMs === undefined) {
      if (filled < RECORDING_HEADER_BYTES) return;
      wallOffsetMs = readHeader(batch.subarray(0, filled));
      at = RECORDING_HEADER_BYTES;
    }
    for (; at + RECORD_BYTES <= filled; at += RECORD_BYTES) onRecord(words, at >> 2, wallOffsetMs);
    batch.copyWithin(0, at, filled);
    filled -= at;
  }

  return {
    write(chunk) {
      for (let from = 0; from < chunk.length; ) {
        const piece = chunk.subarray(from, from + batch.length - filled);
        batch.set(piece, filled);
        filled += piece.length;
        from += piece.length;
        take();
      }
    },
    end: () => filled === 0,
  };
}

function readHeader(bytes: Uint8Array): number {
  const { recordBytes, wallOffsetMs } = decodeRecordingHeader(bytes);
  if (recordBytes !== RECORD_BYTES) {
    throw new ConnscanError('BAD_PAYLOAD', `recording: has records of ${recordBytes} bytes, not ${RECORD_BYTES}`);
  }
  return wallOffsetMs;
}
