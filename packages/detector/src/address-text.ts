import { ADDRESS_BYTES, formatAddress } from '@connscan/model';
import { E_WIDE_ADDRESS } from './layout.ts';
import type { Shard } from './shard.ts';

/** The text of the address that a source or an episode begins with; IPv4 without the detour over a parser, since most are. */
export function sourceText({ words, bytes, core }: Shard, line: number): string {
  const at = line << 6;
  const word = line << 4;
  if (core.isIpv4(words[word]!, words[word + 1]!, words[word + 2]!)) return ipv4Text(bytes, at + 12);
  return formatAddress(bytes.slice(at, at + ADDRESS_BYTES));
}

/** The text of the address of an entry. */
export function entryText(shard: Shard, source: number, at: number): string {
  const { bytes, core } = shard;
  const low = at << 2;
  if (core.shiftOf(source) === 3) return ipv4Text(bytes, low);
  const high = (at + E_WIDE_ADDRESS) << 2;
  return formatAddress(Uint8Array.from([...bytes.subarray(high, high + 12), ...bytes.subarray(low, low + 4)]));
}

function ipv4Text(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}
