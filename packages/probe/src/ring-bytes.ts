const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Bytes of each ring when nobody chose: together 512 KiB for each CPU, at least 4 MiB and at most 64 MiB, and each a
 * power of two as the kernel asks, rounded down. 4 MiB hold 65,536 records.
 */
export function defaultRingBytes(shards: number, cpus: number): number {
  const total = Math.min(Math.max(cpus * 512 * KIB, 4 * MIB), 64 * MIB);
  return 2 ** Math.floor(Math.log2(total / shards));
}
