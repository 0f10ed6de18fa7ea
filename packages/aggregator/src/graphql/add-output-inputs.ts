import { SYSLOG_TRANSPORTS } from '../outputs/output-settings.ts';
import type { Builder } from './builder.ts';
import { type Enums, named } from './enums.ts';

/** Where an output is to send, and what. */
export function addOutputInputs(builder: Builder, { Severity, Confidence, AlertType }: Enums) {
  const SyslogTransport = builder.enumType('SyslogTransport', {
    description: 'What syslog messages travel over.',
    values: named(SYSLOG_TRANSPORTS, {
      udp: 'Datagrams, RFC 5426: what is lost is not noticed, and more than some kilobytes may not arrive.',
      tcp: 'A connection, each message counted in octets, RFC 6587.',
      tls: 'The same over TLS, RFC 5425.',
    }),
  });
  const allowPrivate = {
    description:
      'Whether it may be a loopback, private, link-local or otherwise not public address. False if left out: then it is refused, also by a name that leads to one.',
  };
  const WebhookTarget = builder.inputType('WebhookTarget', {
    description: 'A receiver of HTTP requests.',
    fields: (t) => ({
      url: t.string({
        required: true,
        description: 'http or https, without user and password. Redirects are not followed.',
      }),
      secret: t.string({
        description: 'What requests are signed with: whsec_ and 24 to 64 bytes in base64. It is never shown.',
      }),
      allowPrivate: t.boolean(allowPrivate),
    }),
  });
  const SyslogTarget = builder.inputType('SyslogTarget', {
    description: 'A syslog server.',
    fields: (t) => ({
      host: t.string({ required: true, description: 'Its name or address.' }),
      port: t.int({ required: true, description: 'Its port: mostly 514, and 6514 for TLS.' }),
      transport: t.field({ type: SyslogTransport, required: true, description: 'What messages travel over.' }),
      ca: t.string({
        description:
          'For TLS: the certificates, PEM, that the server is checked against; the well-known ones if left out.',
      }),
      allowPrivate: t.boolean(allowPrivate),
    }),
  });
  const OutputTarget = builder.inputType('OutputTarget', {
    description: 'Where an output sends.',
    isOneOf: true,
    fields: (t) => ({
      webhook: t.field({ type: WebhookTarget, description: 'To a receiver of HTTP requests.' }),
      syslog: t.field({ type: SyslogTarget, description: 'To a syslog server.' }),
      file: t.string({ description: 'To the file of this name in the folder `outputs` of the data directory.' }),
    }),
  });
  const OutputFilterInput = builder.inputType('OutputFilterInput', {
    description: 'Which alerts an output gets: those that pass all that is given.',
    fields: (t) => ({
      severity: t.field({ type: Severity, description: 'The least severity.' }),
      confidence: t.field({ type: Confidence, description: 'The least confidence.' }),
      alertTypes: t.field({ type: [AlertType], description: 'The kinds of alerts, one at least.' }),
      untriaged: t.boolean({
        description: 'Whether only detections pass that nobody has acknowledged or resolved; false if left out.',
      }),
    }),
  });
  return { OutputTarget, OutputFilterInput };
}
