import type { Host } from '@connscan/lab';
import { checkByBlackbox } from './blackbox.ts';
import { checkByHaproxy } from './haproxy.ts';
import { runScript } from './run-script.ts';
import { CLOSED_PORTS, PORTS, type Scenario, type Stage, servicesOf } from './scenario.ts';

/** After its last connection: longer than a detection waits for its confirmation. */
const QUIET_SECONDS = 40;

/** Traffic of one source that is no scan. */
function bystander(name: string, program: string, run: (source: Host, stage: Stage) => Promise<number>): Scenario {
  return { name, program, expected: 'silence', run: async (stage) => [await run(stage.sources[0]!, stage)] };
}

/** The same, of a program that ends by itself. */
function passing(name: string, program: string, run: (source: Host, stage: Stage) => Promise<number>): Scenario {
  return bystander(name, program, async (source, stage) => {
    const reached = await run(source, stage);
    await stage.wait(QUIET_SECONDS);
    return reached;
  });
}

/**
 * All services at once, each asked 200 times by an ApacheBench of its own, with one connection at a time: with more, it
 * makes some that it drops unused. Returns how many answered every time; `kept` is how many requests found a connection.
 */
async function load(source: Host, services: readonly string[], kept: number, options: string[] = []): Promise<number> {
  const outputs = await Promise.all(
    services.map((service) => source.run('ab', ['-q', '-n', '200', ...options, `http://${service}/`])),
  );
  const told = (output: string, name: string) => Number(output.match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))?.[1] ?? 0);
  return outputs.filter(
    (output) =>
      told(output, 'Complete requests') === 200 &&
      told(output, 'Failed requests') === 0 &&
      told(output, 'Keep-Alive requests') === kept,
  ).length;
}

/** Ordinary programs that look like scanners to somebody who only counts: none may lead to a confirmed detection. */
export const BYSTANDERS: readonly Scenario[] = [
  {
    ...bystander('haproxy-tcp', 'HAProxy, TCP checks each 2 s, 24 servers', (_, stage) => checkByHaproxy(stage, [])),
    quick: true,
  },
  bystander('haproxy-http', 'HAProxy, HTTP checks each 2 s, 24 servers', (_, stage) =>
    checkByHaproxy(stage, ['option httpchk GET /']),
  ),
  {
    ...bystander(
      'keepalived',
      'a script for keepalived TCP_CHECK, which needs IPVS in the kernel: its SO_LINGER {1, 5}, each 6 s, 24 servers',
      (source, { targets }) => runScript(source, 'check.py', [5, 6, 75, ...servicesOf(targets, [3306, 5432])]),
    ),
    quick: true,
  },
  bystander(
    'kubelet',
    'a script for kubelet tcpSocket probes, which need a cluster: its SO_LINGER {1, 1}, each 10 s, 24 pods',
    (source, { targets }) => runScript(source, 'check.py', [1, 10, 95, ...servicesOf(targets, [80, 8080])]),
  ),
  bystander(
    'blackbox',
    'Prometheus blackbox exporter, tcp_connect scraped by a script each 15 s, 24 services',
    (_, stage) => checkByBlackbox(stage),
  ),
  {
    ...passing('http-load', 'ab, a new connection for each of 200 requests, 12 services', (source, { targets }) =>
      load(source, servicesOf(targets, [80]), 0),
    ),
    quick: true,
  },
  passing('http-load-kept', 'ab -k, 200 requests on one kept connection, 12 services', (source, { targets }) =>
    load(source, servicesOf(targets, [8080]), 200, ['-k']),
  ),
  passing('pool', 'python, a pool of 3 connections to each of 24 services, closed after data', (source, { targets }) =>
    runScript(source, 'pool.py', [10, ...servicesOf(targets, PORTS.silent.slice(0, 2))]),
  ),
  {
    ...passing('aborted-downloads', 'python, downloads aborted on 40 services', (source, { targets }) =>
      runScript(source, 'abort_downloads.py', servicesOf(targets.slice(0, 10), PORTS.http)),
    ),
    quick: true,
  },
  passing('server-resets', 'python, 24 servers that reset each connection, 10 rounds', (source, { targets }) =>
    runScript(source, 'meet_resets.py', [10, ...servicesOf(targets, PORTS.reset)]),
  ),
  passing('retries', 'python, retries on 24 refused ports, 20 rounds', (source, { targets }) =>
    runScript(source, 'retry.py', [20, ...servicesOf(targets, CLOSED_PORTS)]),
  ),
];
