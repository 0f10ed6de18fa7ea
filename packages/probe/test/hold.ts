import type { Host } from '@connscan/lab';

/**
 * Keeps IPv4 packets of one host to another back, in their order, until they are released: they wait for the link layer
 * address of the other, which does not answer. So a test can have two ends act before either hears of it.
 */
export async function hold(host: Host, from: Host): Promise<void> {
  await from.run('sysctl', ['-qw', 'net.ipv4.conf.eth0.arp_ignore=8']);
  await host.run('sysctl', ['-qw', 'net.ipv4.neigh.eth0.mcast_solicit=1000000']);
  await host.run('ip', ['neigh', 'del', from.address, 'dev', 'eth0']);
}

/** Lets the packets go, and all that follow; must also be called once before the first `hold`. */
export async function release(host: Host, to: Host): Promise<void> {
  const mac = (await to.run('cat', ['/sys/class/net/eth0/address'])).trim();
  await host.run('ip', ['neigh', 'replace', to.address, 'lladdr', mac, 'dev', 'eth0', 'nud', 'permanent']);
  await host.run('sysctl', ['-qw', 'net.ipv4.neigh.eth0.mcast_solicit=3']);
  await to.run('sysctl', ['-qw', 'net.ipv4.conf.eth0.arp_ignore=0']);
}
