import type { z } from 'zod';
import {
  fileSchema,
  type OutputFormat,
  type OutputKind,
  type OutputSettings,
  secretSchema,
  syslogSchema,
  webhookSchema,
} from './output-settings.ts';

/** Where an output is to send, as it is asked for. */
export type TargetInput = {
  readonly webhook?:
    | (Readonly<Record<string, unknown>> & { readonly secret?: string | null | undefined })
    | null
    | undefined;
  readonly syslog?: Readonly<Record<string, unknown>> | null | undefined;
  readonly file?: string | null | undefined;
};

export type Target = { readonly kind: OutputKind; readonly settings: OutputSettings; readonly secret: string | null };

/** What is wrong with an argument; `problem` says what would be right. */
export type TargetProblem = { readonly field: string; readonly problem: string };

/** Exactly one of the three is given, which GraphQL has seen to. `secret` is null where none is given. */
export function readTarget({ webhook, syslog, file }: TargetInput): Target | TargetProblem {
  if (webhook) {
    const { secret, ...rest } = webhook;
    const settings = read(webhookSchema, rest, 'target.webhook');
    if ('problem' in settings) return settings;
    const checked = secret == null ? null : read(secretSchema, secret, 'target.webhook.secret');
    if (checked !== null && typeof checked !== 'string') return checked;
    return { kind: 'webhook', settings, secret: checked };
  }
  const settings = syslog ? read(syslogSchema, syslog, 'target.syslog') : read(fileSchema, { file }, 'target');
  return 'problem' in settings ? settings : { kind: syslog ? 'syslog' : 'file', settings, secret: null };
}

/** CEF is a line for syslog, and nothing that a webhook or a file of JSON could hold. */
export function formatProblem(kind: OutputKind, format: OutputFormat): TargetProblem | undefined {
  if (format !== 'cef' || kind === 'syslog') return undefined;
  return { field: 'format', problem: `must be CONNSCAN or OCSF for a ${kind}` };
}

function read<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  field: string,
): z.output<Schema> | TargetProblem {
  // Fields that are null were left out.
  const given =
    value instanceof Object ? Object.fromEntries(Object.entries(value).filter(([, one]) => one != null)) : value;
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return { field: [field, ...issue!.path].join('.'), problem: issue!.message };
}
