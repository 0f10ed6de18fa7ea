import { isIPv4 } from 'node:net';
import type { Detection } from './detection.ts';

/**
 * Commands that drop all packets of a source, for root on a target or on a router before it: one line for nftables,
 * which may be run again and is undone by `nft delete table inet connscan`, and one for iptables.
 */
export function responseCommands({
  source,
  sourcePrefixBits,
}: Pick<Detection, 'source' | 'sourcePrefixBits'>): string[] {
  const range = sourcePrefixBits === undefined ? source : `${source}/${sourcePrefixBits}`;
  const [family, iptables] = isIPv4(source) ? ['ip', 'iptables'] : ['ip6', 'ip6tables'];
  // Before connection tracking, so that established connections end too, and forwarded packets are dropped as well.
  const chain = 'inet connscan block';
  const hook = '{ type filter hook prerouting priority -300 ; }';
  return [
    `nft 'add table inet connscan; add chain ${chain} ${hook}; add rule ${chain} ${family} saddr ${range} drop'`,
    `${iptables} -t raw -I PREROUTING -s ${range} -j DROP`,
  ];
}
