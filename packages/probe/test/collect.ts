import { formatAddress, type Outcome, outcomeOf } from '@connscan/model';
import type { MappedRing } from '../src/map-ring.ts';
import * as record from '../src/record.ts';
import { until } from './until.ts';

export type Seen = {
  readonly netns: number;
  readonly endedMs: number;
  readonly local: string;
  readonly remote: string;
  readonly localPort: number;
  readonly remotePort: number;
  readonly outcome: Outcome | undefined;
  readonly flags: readonly string[];
  readonly originatorBytes: number;
  readonly lifetimeLog2Ms: number;
  readonly process: number;
};

function readRecord(words: record.Words, at: number): Seen {
  const flags = record.recordFlags(words, at);
  return {
    netns: record.recordNetns(words, at),
    endedMs: record.recordEndedMs(words, at),
    local: formatAddress(record.recordAddress(words, at, record.LOCAL_ADDRESS_WORD)),
    remote: formatAddress(record.recordAddress(words, at, record.REMOTE_ADDRESS_WORD)),
    localPort: record.recordLocalPort(words, at),
    remotePort: record.recordRemotePort(words, at),
    outcome: outcomeOf(record.recordOutcome(words, at)),
    flags: Object.entries(record.RECORD_FLAGS).flatMap(([name, bit]) => (flags & bit ? [name] : [])),
    originatorBytes: record.recordOriginatorBytes(words, at),
    lifetimeLog2Ms: record.recordLifetimeLog2Ms(words, at),
    process: record.recordProcess(words, at),
  };
}

/** Drains a ring and picks the records that satisfy `matches`; other traffic of the machine is dropped. */
export function drainOnce({ reader }: MappedRing, matches: (seen: Seen) => boolean): Seen[] {
  const found: Seen[] = [];
  reader.drain((at) => {
    const seen = readRecord(reader.words, at);
    if (matches(seen)) found.push(seen);
  }, Number.POSITIVE_INFINITY);
  return found;
}

/** Drains the rings until as many records as wanted have satisfied `matches`. */
export async function collect(
  rings: readonly MappedRing[],
  wanted: number,
  matches: (seen: Seen) => boolean,
): Promise<Seen[]> {
  const found: Seen[] = [];
  await until(() => {
    for (const ring of rings) found.push(...drainOnce(ring, matches));
    return found.length >= wanted;
  });
  return found;
}
