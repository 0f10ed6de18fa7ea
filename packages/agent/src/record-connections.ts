import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ConnscanError } from '@connscan/model';
import { mapRing, type Probe, RECORD_BYTES } from '@connscan/probe';
import { encodeRecordingHeader } from '@connscan/wire';

/** How long the rings are left alone between two looks, in milliseconds. */
const LOOK_MS = 20;

/** Records taken out of a ring at once. */
const RECORDS_AT_ONCE = 4096;

export type RecordingOptions = {
  readonly probe: Probe;
  /** The file to make; it must not be there yet. */
  readonly file: string;
  readonly wallOffsetMs: number;
  /** Ends the recording: the probe is detached, and its rings are read to their end. */
  readonly signal: AbortSignal;
};

/** Writes every record of a probe to a file until the signal; returns how many. Throws BAD_USAGE for an unusable file. */
export async function recordConnections({ probe, file, wallOffsetMs, signal }: RecordingOptions): Promise<number> {
  await using output = await open(file, 'wx').catch((cause: Error) => {
    throw new ConnscanError('BAD_USAGE', `FILE: ${cause.message}`, { cause });
  });
  await output.write(encodeRecordingHeader({ recordBytes: RECORD_BYTES, wallOffsetMs }));
  const rings = probe.rings.map(mapRing);
  const batch = Buffer.alloc(RECORDS_AT_ONCE * RECORD_BYTES);
  const words = new Int32Array(batch.buffer, batch.byteOffset, batch.length / 4);
  let records = 0;

  async function writeAll(): Promise<void> {
    for (const { reader } of rings) {
      let read: number;
      do {
        let to = 0;
        read = reader.drain((at) => {
          for (let word = 0; word < RECORD_BYTES / 4; word++) words[to++] = reader.words[at + word]!;
        }, RECORDS_AT_ONCE);
        await output.appendFile(batch.subarray(0, read * RECORD_BYTES));
        records += read;
      } while (read === RECORDS_AT_ONCE);
    }
  }

  while (!signal.aborted) {
    await writeAll();
    await delay(LOOK_MS, undefined, { signal }).catch(() => {});
  }
  probe.detach();
  await writeAll();
  for (const ring of rings) ring.close();
  return records;
}
