import { readFile } from 'node:fs/promises';
import { CONFIDENCES, SEVERITIES } from '@connscan/model';

/** Options of `outputs create` as they are written. */
export type OutputArguments = {
  readonly webhook?: string;
  readonly secretFile?: string;
  readonly syslog?: string;
  readonly ca?: string;
  readonly file?: string;
  readonly format?: string;
  readonly severity?: string;
  readonly confidence?: string;
  readonly alert?: readonly string[];
  readonly untriaged?: boolean;
  readonly allowPrivate?: boolean;
};

export const FORMATS = ['connscan', 'ocsf', 'cef'];
export const ALERTS = ['start', 'ongoing', 'end'];

/** The variables of the mutation; each problem goes into `problems`. */
export async function readOutput(args: OutputArguments, problems: string[]) {
  const oneOf = (option: string, value: string | undefined, words: readonly string[]) => {
    if (value !== undefined && !words.includes(value)) problems.push(`--${option}: must be one of ${words.join(', ')}`);
    return value?.toUpperCase();
  };
  const target = await readTarget(args, problems);
  const filter = {
    severity: oneOf('severity', args.severity, SEVERITIES),
    confidence: oneOf('confidence', args.confidence, CONFIDENCES),
    alertTypes: args.alert?.map((word) => oneOf('alert', word, ALERTS)),
    untriaged: args.untriaged,
  };
  return { target, format: oneOf('format', args.format, FORMATS), filter };
}

async function readTarget(args: OutputArguments, problems: string[]) {
  const { webhook: url, secretFile, syslog, ca, file, allowPrivate } = args;
  if ([url, syslog, file].filter((one) => one !== undefined).length !== 1) {
    problems.push('--webhook, --syslog, --file: exactly one must be given');
  }
  if ((url === undefined) !== (secretFile === undefined)) problems.push('--webhook, --secret-file: go together');
  const read = (option: string, path: string | undefined) =>
    path === undefined
      ? undefined
      : readFile(path, 'utf8').catch((error: Error) => {
          problems.push(`--${option}: ${error.message}`);
          return '';
        });
  if (url !== undefined) {
    // Not as an argument: others on this host see those.
    return { webhook: { url, secret: (await read('secret-file', secretFile))?.trim(), allowPrivate } };
  }
  if (syslog === undefined) return { file };
  const [, transport, host, port] = /^(udp|tcp|tls):\/\/(?:\[([^\]]+)\]|[^:/]+):(\d{1,5})$/.exec(syslog) ?? [];
  if (!transport) problems.push('--syslog: must be such as tls://siem.example.org:6514, with udp, tcp or tls');
  const name = host ?? URL.parse(syslog)?.hostname ?? '';
  const certificates = await read('ca', ca);
  return {
    syslog: { transport: transport?.toUpperCase(), host: name, port: Number(port), ca: certificates, allowPrivate },
  };
}
