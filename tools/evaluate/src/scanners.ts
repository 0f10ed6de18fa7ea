import type { Host } from '@connscan/lab';
import { nmap } from './nmap.ts';
import { runScript } from './run-script.ts';
import { OPEN_PORTS, PORTS, type Scenario, type Stage, servicesOf } from './scenario.ts';

const addresses = (hosts: readonly Host[]) => hosts.map(({ address }) => address);

/** A scan by one source. */
function scan(name: string, program: string, run: (source: Host, stage: Stage) => Promise<number>): Scenario {
  return { name, program, expected: 'detection', run: async (stage) => [await run(stage.sources[0]!, stage)] };
}

/** Four sources that share the services of all targets; each takes every fourth, and no more than `each`. */
async function share({ sources, targets }: Stage, each: number): Promise<number[]> {
  const services = servicesOf(targets, PORTS.banner);
  return await Promise.all(
    sources.map((source, index) => {
      const own = services.filter((_, at) => at % sources.length === index);
      return runScript(source, 'asyncio_connect.py', own.slice(0, each));
    }),
  );
}

/** Programs that scan: each must lead to a detection, and every service it touched must be counted. */
export const SCANNERS: readonly Scenario[] = [
  scan('nmap-vertical', 'nmap -sT --top-ports 100, one host', (source, { targets }) =>
    nmap(source, '-sT', '--top-ports', 100, targets[0]!.address),
  ),
  scan('nmap-sweep', 'nmap -sT, one port of 12 hosts', (source, { targets }) =>
    nmap(source, '-sT', '-p', 22, ...addresses(targets)),
  ),
  {
    ...scan('nmap-block', 'nmap -sT, 12 ports of 4 hosts', (source, { targets }) =>
      nmap(source, '-sT', '-p', OPEN_PORTS.join(), ...addresses(targets.slice(0, 4))),
    ),
    quick: true,
  },
  scan('nmap-slow', 'nmap -sT --scan-delay 15s, 12 ports of one host', (source, { targets }) =>
    nmap(source, '-sT', '--scan-delay', '15s', '-p', OPEN_PORTS.join(), targets[1]!.address),
  ),
  {
    ...scan('nmap-ipv6', 'nmap -6 -sT, 12 ports of 2 hosts', (source, { targets }) =>
      nmap(source, '-6', '-sT', '-p', OPEN_PORTS.join(), targets[0]!.address6, targets[1]!.address6),
    ),
    ipv6: true,
  },
  scan('nmap-version', 'nmap -sV, 8 ports of 2 hosts', (source, { targets }) =>
    nmap(source, '-sV', '-p', [...PORTS.http, ...PORTS.banner].join(), ...addresses(targets.slice(0, 2))),
  ),
  scan('pnscan', 'pnscan, one port of 12 hosts', async (source, { targets }) => {
    const range = `${targets[0]!.address}:${targets.at(-1)!.address}`;
    const output = await source.run('pnscan', ['-l', '-t1000', range, '22:22']);
    return new Set(output.match(/^\S+(?=\s*:\s*22 : TXT)/gm)).size;
  }),
  scan('doscan', 'doscan, one port of 12 hosts', async (source, { targets }) => {
    const output = await source.run('doscan', ['--port', '22', ...addresses(targets)]);
    return new Set(output.match(/^.+$/gm)).size;
  }),
  {
    ...scan('nc', 'nc -z, 12 ports of one host', async (source, { targets }) => {
      const { address } = targets[2]!;
      for (const port of OPEN_PORTS) await source.run('nc', ['-z', '-w', '1', address, String(port)]);
      return OPEN_PORTS.length;
    }),
    quick: true,
  },
  scan('bash', 'bash, a loop over /dev/tcp, 12 services', async (source, { targets }) => {
    const loop = 'for service; do : </dev/tcp/$service && echo $service; done';
    const services = servicesOf(targets.slice(0, 3), PORTS.silent).map((service) => service.replace(':', '/'));
    return new Set((await source.run('bash', ['-c', loop, 'bash', ...services])).match(/^.+$/gm)).size;
  }),
  scan('asyncio', 'python asyncio, connect and close, 48 services', (source, { targets }) =>
    runScript(source, 'asyncio_connect.py', servicesOf(targets, PORTS.silent)),
  ),
  {
    ...scan('linger-0', 'python, SO_LINGER {1, 0}, 24 services', (source, { targets }) =>
      runScript(source, 'touch.py', ['linger-0', 0, ...servicesOf(targets, PORTS.http.slice(0, 2))]),
    ),
    quick: true,
  },
  scan('banner-read', 'python, reads each banner, 12 services', (source, { targets }) =>
    runScript(source, 'touch.py', ['read-banner', 0, ...servicesOf(targets, [25])]),
  ),
  {
    ...scan('banner-left', 'python, leaves each banner unread, 12 services', (source, { targets }) =>
      runScript(source, 'touch.py', ['leave-banner', 0, ...servicesOf(targets, [25])]),
    ),
    quick: true,
  },
  scan('one-byte', 'python, sends one byte and resets, 12 services', (source, { targets }) =>
    runScript(source, 'touch.py', ['one-byte', 0, ...servicesOf(targets, [3306])]),
  ),
  scan('one-per-20-s', 'python, a new service each 20 s, 12 services', (source, { targets }) =>
    runScript(source, 'touch.py', ['linger-0', 20, ...servicesOf(targets, [5432])]),
  ),
  scan('interleaved', 'python, four HTTP requests beside each probe, 24 services', (source, { targets }) =>
    runScript(source, 'interleave.py', servicesOf(targets, [80, 8080])),
  ),
  {
    name: 'four-sources',
    program: 'python asyncio, four sources share 48 services: 12 each',
    expected: 'detection',
    sources: 4,
    run: (stage) => share(stage, 12),
  },
  {
    name: 'four-sources-below',
    program: 'python asyncio, four sources share 32 services: 8 each, below the threshold',
    expected: 'sightings',
    sources: 4,
    run: (stage) => share(stage, 8),
  },
];
