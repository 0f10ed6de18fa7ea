import { ConnscanError } from '@connscan/model';

const MAX_SHARDS = 64;
const MAX_RING_BYTES = 2 ** 30;

/** Throws BAD_USAGE for rings that the kernel cannot make. */
export function checkRings(shards: number, ringBytes: number, pageBytes: number): void {
  if (!Number.isInteger(shards) || shards < 1 || shards > MAX_SHARDS) {
    throw new ConnscanError('BAD_USAGE', `shards: must be a whole number from 1 to ${MAX_SHARDS}`);
  }
  if (!Number.isInteger(Math.log2(ringBytes)) || ringBytes < pageBytes || ringBytes > MAX_RING_BYTES) {
    throw new ConnscanError('BAD_USAGE', `ringBytes: must be a power of two from ${pageBytes} to ${MAX_RING_BYTES}`);
  }
}
