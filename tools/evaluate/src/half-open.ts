import { answeredPorts, nmap } from './nmap.ts';
import { OPEN_PORTS, type Scenario } from './scenario.ts';

/** Scans that make no connection: run and shown, but no claim is made about them. */
export const HALF_OPEN: readonly Scenario[] = [
  {
    name: 'nmap-syn',
    program: 'nmap -sS, half-open: makes no connection, 12 ports of one host',
    expected: 'anything',
    run: async ({ sources, targets }) => [await nmap(sources[0]!, '-sS', '-p', OPEN_PORTS.join(), targets[3]!.address)],
  },
  {
    name: 'masscan',
    program: 'masscan, half-open: makes no connection, 12 ports of one host',
    expected: 'anything',
    run: async ({ sources, targets }) => {
      const [source, target] = [sources[0]!, targets[4]!];
      // A lab has no router whose address it could ask for.
      const router = (await target.run('cat', ['/sys/class/net/eth0/address'])).trim();
      const words = ['-p', OPEN_PORTS.join(), '--router-mac', router, '--interface', 'eth0'];
      words.push('--adapter-ip', source.address, '--rate', '100', '--wait', '2', '-oG', '-');
      return [answeredPorts(await source.run('masscan', [target.address, ...words]))];
    },
  },
];
