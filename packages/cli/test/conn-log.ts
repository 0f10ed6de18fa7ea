/** Columns of a conn.log that matter to connscan, with one that does not. */
export type ConnLine = {
  readonly ts: number;
  readonly uid: string;
  readonly 'id.orig_h': string;
  readonly 'id.resp_h': string;
  readonly 'id.resp_p': number;
  readonly proto: string;
  readonly duration: number;
  readonly orig_bytes: number;
  readonly conn_state: string;
  readonly history: string;
};

const RESET: ConnLine = {
  ts: 1_700_000_000,
  uid: 'CHhAvVGS1DHFjwGM9',
  'id.orig_h': '10.0.0.66',
  'id.resp_h': '10.0.1.1',
  'id.resp_p': 80,
  proto: 'tcp',
  duration: 0.25,
  orig_bytes: 0,
  conn_state: 'RSTO',
  history: 'ShAR',
};

/** A scan of so many hosts, one each second, and an hour of ordinary traffic behind it, a line each minute. */
export function scanLines(hosts: number, source = RESET['id.orig_h']): ConnLine[] {
  const network = source.includes(':') ? 'fd00:1::' : '10.0.1.';
  const scan = Array.from({ length: hosts }, (_, host) => ({
    ...RESET,
    ts: RESET.ts + host,
    'id.orig_h': source,
    'id.resp_h': `${network}${host + 1}`,
  }));
  const talk = Array.from({ length: 60 }, (_, minute) => ({
    ...RESET,
    ...{
      ts: RESET.ts + hosts + minute * 60,
      'id.orig_h': '10.0.0.1',
      orig_bytes: 500,
      conn_state: 'SF',
      history: 'ShADadfF',
    },
  }));
  return [...scan, ...talk];
}

/** As Zeek writes it, its columns in this order. */
export function toTsv(lines: readonly ConnLine[], columns = Object.keys(RESET) as (keyof ConnLine)[]): string {
  const header = ['#separator \\x09', '#unset_field\t-', '#path\tconn', `#fields\t${columns.join('\t')}`];
  return [...header, ...lines.map((line) => columns.map((name) => line[name]).join('\t')), ''].join('\n');
}

export function toJson(lines: readonly ConnLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
