import { availableParallelism } from 'node:os';
import { type Cidr, ConnscanError } from '@connscan/model';
import { COUNTER_WORDS, type ProbeCounters, sumCounters } from './counters.ts';
import type { Ring } from './map-ring.ts';
import { loadNative } from './native.ts';
import { orRefuse } from './refuse.ts';
import { defaultRingBytes } from './ring-bytes.ts';

/** Limits in the kernel that can change while the probe runs, as in the policy. */
export type ProbeLimits = { readonly maxOriginatorBytes: number; readonly maxLifetimeSeconds: number };

export type ProbeOptions = ProbeLimits & {
  /** Rings; all records of one source go to one of them. */
  readonly shards: number;
  /** Bytes of each ring, a power of two and whole pages; `defaultRingBytes` if left out. */
  readonly ringBytes?: number;
  /** Only connections between two different addresses of these are recorded. At most 1,024. */
  readonly internalCidrs: readonly Cidr[];
  /** Random bytes, as many as asked for; they key the hash that picks the shard. */
  readonly random: (bytes: number) => Uint8Array;
};

export type Probe = {
  /** One per shard; `mapRing` opens them in any thread. */
  readonly rings: readonly Ring[];
  counters(): ProbeCounters;
  /** Replaces the internal ranges; a range in both is never absent. */
  setInternal(cidrs: readonly Cidr[]): void;
  setLimits(limits: ProbeLimits): void;
  /** Ends the watch, but keeps rings and counters as they are, to be read to their end. */
  detach(): void;
  /** Detaches and frees the probe; a ring stays readable where it is mapped. A second call does nothing. */
  close(): void;
};

const MAX_SHARDS = 64;
const MAX_RING_BYTES = 2 ** 30;

/**
 * Loads the probe into the kernel and attaches it. Throws BAD_USAGE for impossible options and PROBE_REFUSED, with the
 * reason and the remedy, if the kernel does not take it; nothing is left behind then.
 */
export function openProbe(options: ProbeOptions): Probe {
  const { shards, ringBytes = defaultRingBytes(shards, availableParallelism()), random } = options;
  const native = orRefuse(loadNative);
  checkRings(shards, ringBytes, native.pageBytes);

  const seed = Buffer.from(random(8)).readBigUInt64LE();
  const { handle, rings, counters, cpus } = orRefuse(() => native.open(shards, ringBytes, seed));
  const internal = new Map<string, Cidr>();
  let counterPages: ArrayBuffer | undefined;

  function setInternal(cidrs: readonly Cidr[]): void {
    const wanted = new Map(cidrs.map((cidr) => [`${cidr.bytes}/${cidr.prefixBits}`, cidr]));
    for (const [key, cidr] of wanted) {
      if (internal.has(key)) continue;
      orRefuse(() => native.addInternal(handle, cidr.bytes, cidr.prefixBits));
      internal.set(key, cidr);
    }
    for (const [key, cidr] of internal) {
      if (wanted.has(key)) continue;
      orRefuse(() => native.removeInternal(handle, cidr.bytes, cidr.prefixBits));
      internal.delete(key);
    }
  }

  function setLimits({ maxOriginatorBytes, maxLifetimeSeconds }: ProbeLimits): void {
    orRefuse(() => native.setLimits(handle, maxOriginatorBytes, maxLifetimeSeconds));
  }

  function close(): void {
    if (counterPages) native.unmap(counterPages);
    counterPages = undefined;
    native.close(handle);
  }

  try {
    // All is set before the first transition is seen.
    const pages = Math.ceil((cpus * COUNTER_WORDS * 8) / native.pageBytes);
    const mapped = orRefuse(() => native.map(counters, 0, pages * native.pageBytes, false));
    counterPages = mapped;
    setInternal(options.internalCidrs);
    setLimits(options);
    orRefuse(() => native.attach(handle));
    const cells = new BigUint64Array(mapped, 0, cpus * COUNTER_WORDS);
    return {
      rings: rings.map((fd) => ({ fd, bytes: ringBytes })),
      counters: () =>
        sumCounters(
          cells,
          orRefuse(() => native.recursionMisses(handle)),
        ),
      setInternal,
      setLimits,
      detach: () => native.detach(handle),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function checkRings(shards: number, ringBytes: number, pageBytes: number): void {
  if (!Number.isInteger(shards) || shards < 1 || shards > MAX_SHARDS) {
    throw new ConnscanError('BAD_USAGE', `shards: must be a whole number from 1 to ${MAX_SHARDS}`);
  }
  if (!Number.isInteger(Math.log2(ringBytes)) || ringBytes < pageBytes || ringBytes > MAX_RING_BYTES) {
    throw new ConnscanError('BAD_USAGE', `ringBytes: must be a power of two from ${pageBytes} to ${MAX_RING_BYTES}`);
  }
}
