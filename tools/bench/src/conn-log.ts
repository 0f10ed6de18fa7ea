import { createRandom } from '@connscan/lab';

const FIELDS =
  'ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents';

const HEADER = [
  '#separator \\x09',
  '#set_separator\t,',
  '#empty_field\t(empty)',
  '#unset_field\t-',
  '#path\tconn',
  `#fields\t${FIELDS.replaceAll(' ', '\t')}`,
  '',
].join('\n');

/** Lines a second, in the time of the log: those of a busy network of some thousand hosts. */
const LINES_PER_SECOND = 2000;

/** Hosts that make connections, and those that answer. */
const CLIENTS = 20_000;
const SERVERS = 2_000;

type Random = (below: number) => number;

/** How one connection looked: the columns of the log that say it. */
type Shape = readonly [
  service: string,
  duration: string,
  origBytes: number,
  respBytes: number,
  state: string,
  history: string,
];

const TALKED: readonly Shape[] = [
  ['http', '0.214511', 512, 18_220, 'SF', 'ShADadFf'],
  ['ssl', '12.830012', 2190, 91_777, 'SF', 'ShADadfF'],
  ['ssh', '301.000402', 40_112, 1_200_311, 'SF', 'ShAdDaFf'],
  ['-', '5.004410', 4096, 120, 'RSTR', 'ShADadr'],
];
const SILENT: readonly Shape[] = [
  ['-', '0.000310', 0, 0, 'RSTO', 'ShAR'],
  ['-', '0.000790', 0, 0, 'SF', 'ShAFf'],
];
const FAILED: readonly Shape[] = [
  ['-', '0.000045', 0, 0, 'REJ', 'Sr'],
  ['-', '3.020019', 0, 0, 'S0', 'S'],
];

/**
 * A conn.log of so many lines, in chunks: 76 % connections with data and 10 % DNS of 20,000 hosts, a tenth of them by IPv6;
 * 6 % checks of 10 load balancers, 200 services each at a steady beat; 4 % attempts that failed; 4 % scans of a new host every 2 s, each of
 * some 160 services.
 */
export function* connLog(lines: number, seed: number): Generator<string> {
  const random = createRandom(seed);
  let chunk = HEADER;
  for (let line = 0; line < lines; line++) {
    chunk += lineOf(line, random);
    if (chunk.length < 2 ** 20) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

function lineOf(line: number, random: Random): string {
  const seconds = line / LINES_PER_SECOND;
  const kind = random(100);
  if (kind < 76)
    return format(line, seconds, client(random), server(random), pick(PORTS, random), 'tcp', pick(TALKED, random));
  if (kind < 86)
    return format(line, seconds, client(random), '10.0.0.53', 53, 'udp', ['dns', '0.001200', 60, 130, 'SF', 'Dd']);
  if (kind < 92) {
    // 120 checks a second over 2,000 services: one of each in 17 s.
    const service = Math.floor((line * 6) / 100) % 2000;
    return format(
      line,
      seconds,
      `10.0.1.${service % 10}`,
      `10.20.${service >> 8}.${service & 255}`,
      8080,
      'tcp',
      SILENT[1]!,
    );
  }
  if (kind < 96)
    return format(line, seconds, client(random), server(random), pick(PORTS, random), 'tcp', pick(FAILED, random));
  const scanner = `10.9.${Math.floor(seconds / 2) % 256}.77`;
  return format(line, seconds, scanner, server(random), pick(PORTS, random), 'tcp', pick(SILENT, random));
}

const PORTS = [22, 80, 443, 445, 3306, 3389, 5432, 6379, 8080, 9200] as const;

function client(random: Random): string {
  const host = random(CLIENTS);
  return host % 10 === 0
    ? `fd00:0:0:${(host >> 8).toString(16)}::${(host & 255).toString(16)}`
    : `10.1.${host >> 8}.${host & 255}`;
}

function server(random: Random): string {
  const host = random(SERVERS);
  return `10.20.${host >> 8}.${host & 255}`;
}

function format(
  line: number,
  seconds: number,
  from: string,
  to: string,
  port: number,
  proto: string,
  [service, duration, origBytes, respBytes, state, history]: Shape,
): string {
  const ts = (1_700_000_000 + seconds - Number(duration)).toFixed(6);
  // The responder of an IPv6 connection has the same host in the same network.
  const responder = from.includes(':') ? `fd00:0:0:ff::${to.slice(6).replace('.', ':')}` : to;
  const uid = `C${line.toString(36).padStart(5, 'x')}Ab3kTqZ9mNe`;
  const packets = `6\t${origBytes + 240}\t5\t${respBytes + 200}`;
  return `${ts}\t${uid}\t${from}\t${32_768 + (line % 28_000)}\t${responder}\t${port}\t${proto}\t${service}\t${duration}\t${origBytes}\t${respBytes}\t${state}\tT\tT\t0\t${history}\t${packets}\t-\n`;
}

function pick<Element>(elements: readonly Element[], random: Random): Element {
  return elements[random(elements.length)]!;
}
