import { createShard, openDetector } from '@connscan/detector';
import { type Outcome, outcomeCode, type Policy, parseAddress } from '@connscan/model';
import {
  createRingReader,
  LOCAL_ADDRESS_WORD,
  type ProcessEntry,
  RECORD_BYTES,
  RECORD_FLAGS,
  REMOTE_ADDRESS_WORD,
  type RingReader,
} from '@connscan/probe';
import { createIsProcess } from '../src/create-is-process.ts';
import type { OpenShard } from '../src/drain-shard.ts';
import { openModels } from '../src/open-models.ts';
import { OWNER_TABLE_BYTES, openOwnerTable } from '../src/owner-table.ts';
import { openServiceTable, SERVICE_TABLE_BYTES } from '../src/service-table.ts';

/** A connection as a probe would record it. */
export type RecordedConnection = {
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  readonly outcome: Outcome;
  readonly endedMs: number;
  /** Serial number of the process on the probe's side; 0, unknown, if left out. */
  readonly process?: number;
  /** The host of the probe; `unknown` where the kernel could not tell. The source if left out. */
  readonly seenBy?: 'source' | 'destination' | 'unknown';
};

/** What threads share of a ring. */
export type RingMemory = Readonly<Record<'data' | 'consumer' | 'producer', SharedArrayBuffer>>;

export type MemoryRing = {
  readonly memory: RingMemory;
  readonly reader: RingReader;
  /** Records that fit in at once. */
  readonly slots: number;
  /** Writes a record into a slot, to be read when the ring comes by. */
  write(slot: number, connection: RecordedConnection): void;
  /** Gives every slot a new time. */
  stamp(endedMs: number): void;
  /** Lets the reader have this many more slots. */
  publish(slots: number): void;
};

/** The port that every source connects from. */
const SOURCE_PORT = 40_000;

/** A reader of a ring in memory, in whichever thread. */
export function openMemoryReader({ data, consumer, producer }: RingMemory): RingReader {
  return createRingReader({
    consumer: new BigInt64Array(consumer),
    producer: new Int32Array(producer),
    data: new Int32Array(data),
  });
}

/** A ring in ordinary memory, laid out as the kernel's. */
export function createMemoryRing(slots: number): MemoryRing {
  const memory: RingMemory = {
    data: new SharedArrayBuffer(slots * 64),
    consumer: new SharedArrayBuffer(8),
    producer: new SharedArrayBuffer(8),
  };
  const data = new Int32Array(memory.data);
  const producer = new BigInt64Array(memory.producer);

  function writeAddress(word: number, text: string): void {
    new Uint8Array(data.buffer, word * 4, 16).set(parseAddress(text)!);
  }

  function writeTime(at: number, endedMs: number): void {
    data[at] = (endedMs * 1e6) | 0;
    data[at + 1] = (endedMs * 1e6) / 2 ** 32;
  }

  return {
    memory,
    reader: openMemoryReader(memory),
    slots,
    write(slot, { source, destination, port, outcome, endedMs, seenBy = 'source', process = 0 }) {
      const passive = seenBy === 'destination';
      const flags = (passive ? 0 : RECORD_FLAGS.active) | (seenBy === 'unknown' ? 0 : RECORD_FLAGS.roleKnown);
      const header = slot * 16;
      const at = header + 2;
      data[header] = RECORD_BYTES;
      writeTime(at, endedMs);
      writeAddress(at + LOCAL_ADDRESS_WORD, passive ? destination : source);
      writeAddress(at + REMOTE_ADDRESS_WORD, passive ? source : destination);
      data[at + 11] = process;
      data[at + 12] = passive ? port | (SOURCE_PORT << 16) : SOURCE_PORT | (port << 16);
      data[at + 13] = outcomeCode(outcome) | (flags << 8);
    },
    stamp(endedMs) {
      for (let slot = 0; slot < slots; slot++) writeTime(slot * 16 + 2, endedMs);
    },
    publish(count) {
      Atomics.add(producer, 0, BigInt(count * 64));
    },
  };
}

/** A shard as a worker opens it, on a ring in memory, with these processes in the probe's table. */
export function openMemoryShard(
  { reader }: MemoryRing,
  policy: Policy,
  size: Omit<Parameters<typeof createShard>[0], 'key' | 'startedMs'>,
  known: readonly ProcessEntry[] = [],
): OpenShard {
  const processes = { find: (serial: number) => known.find((process) => process.serial === serial) };
  const isProcess = createIsProcess(processes);
  const open = openModels(policy, { mixedRings: false }, (model) =>
    openDetector(createShard({ ...size, key: [1, 2], startedMs: 0 }), model, { isProcess }),
  );
  return {
    reader,
    ...open,
    owners: openOwnerTable(new SharedArrayBuffer(OWNER_TABLE_BYTES)),
    services: openServiceTable(new SharedArrayBuffer(SERVICE_TABLE_BYTES)),
    processes,
  };
}
