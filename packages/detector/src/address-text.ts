import { ADDRESS_BYTES, formatAddress } from '@connscan/model';
import type { Shard } from './shard.ts';

const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** The text of the address that a record begins with; IPv4 without the detour over a parser, since most are. */
export function addressText({ bytes }: Shard, line: number): string {
  const at = line << 6;
  if (!MAPPED_PREFIX.every((byte, index) => bytes[at + index] === byte)) {
    return formatAddress(bytes.slice(at, at + ADDRESS_BYTES));
  }
  return `${bytes[at + 12]}.${bytes[at + 13]}.${bytes[at + 14]}.${bytes[at + 15]}`;
}
