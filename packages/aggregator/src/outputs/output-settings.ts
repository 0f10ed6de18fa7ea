import type { AlertType, Confidence, Severity } from '@connscan/model';
import { z } from 'zod';

export const OUTPUT_KINDS = ['webhook', 'syslog', 'file'] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** `cef` is a line of text, and for syslog only. */
export const OUTPUT_FORMATS = ['connscan', 'ocsf', 'cef'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export const SYSLOG_TRANSPORTS = ['udp', 'tcp', 'tls'] as const;

const allowPrivate = z.boolean().default(false);

/** A webhook, as it is kept; its secret is kept apart. */
export const webhookSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as https://example.org/hook' })
    .max(2000)
    .refine(
      (url) => !URL.parse(url)?.username && !URL.parse(url)?.password,
      'must have no user and password: they would be shown',
    ),
  allowPrivate,
});

export const syslogSchema = z.strictObject({
  host: z
    .string()
    .max(253)
    .regex(/^[\w.:-]+$/, 'must be a host name or an address'),
  port: z.int('must be a port').min(1, 'must be from 1 to 65535').max(65_535, 'must be from 1 to 65535'),
  transport: z.enum(SYSLOG_TRANSPORTS),
  /** Certificates that the server's is checked against, as PEM; left out, those that Node.js knows. */
  ca: z.string().max(100_000).optional(),
  allowPrivate,
});

/** A file in the folder `outputs` of the data directory: whoever may add outputs must not write where they like. */
export const fileSchema = z.strictObject({
  file: z
    .string()
    .regex(/^\w[\w.-]{0,199}$/, 'must be the name of a file, without a folder, such as detections.ndjson'),
});

/** `whsec_` and 24 to 64 bytes in base64, as the Standard Webhooks say. */
export const secretSchema = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'must be whsec_ and 24 to 64 bytes in base64')
  .refine((secret) => {
    const { length } = Buffer.from(secret.slice('whsec_'.length), 'base64');
    return length >= 24 && length <= 64;
  }, 'must be whsec_ and 24 to 64 bytes in base64');

/** Which alerts an output gets; what is left out lets all through. */
export type OutputFilter = {
  /** The least severity. */
  readonly severity?: Severity;
  /** The least confidence. */
  readonly confidence?: Confidence;
  readonly alertTypes?: readonly AlertType[];
  /** Nothing more of a detection that somebody has acknowledged or resolved. */
  readonly untriaged?: boolean;
};

export type WebhookSettings = z.infer<typeof webhookSchema>;
export type SyslogSettings = z.infer<typeof syslogSchema>;
export type FileSettings = z.infer<typeof fileSchema>;
export type OutputSettings = WebhookSettings | SyslogSettings | FileSettings;
