import { OUTPUT_FORMATS, OUTPUT_KINDS, type OutputFilter } from '../outputs/output-settings.ts';
import { outputState } from '../outputs/output-state.ts';
import type { OutputView } from '../outputs/outputs.ts';
import { targetOf } from '../outputs/target-of.ts';
import type { Builder } from './builder.ts';
import { type Enums, named } from './enums.ts';

export function addOutputType(builder: Builder, { Severity, Confidence, AlertType }: Enums) {
  const OutputKind = builder.enumType('OutputKind', {
    description: 'How an output sends.',
    values: named(OUTPUT_KINDS, {
      webhook: 'As an HTTP request, signed as the Standard Webhooks say.',
      syslog: 'As a message of RFC 5424.',
      file: 'As a line of JSON in a file.',
    }),
  });
  const OutputFormat = builder.enumType('OutputFormat', {
    description: 'As what an output sends a detection.',
    values: named(OUTPUT_FORMATS, {
      connscan: 'JSON with the names of this API.',
      ocsf: 'JSON, a Detection Finding of the Open Cybersecurity Schema Framework.',
      cef: "ArcSight's Common Event Format; for syslog only.",
    }),
  });
  const OutputState = builder.enumType('OutputState', {
    description: 'How an output is.',
    values: {
      ACTIVE: { value: 'active', description: 'It sends, and the last attempt arrived if there was any.' },
      FAILING: { value: 'failing', description: 'The last attempt did not arrive.' },
      DISABLED: { value: 'disabled', description: 'It is switched off.' },
    } as const,
  });
  const Filter = builder.objectRef<OutputFilter>('OutputFilter').implement({
    authScopes: { viewer: true },
    description: 'Which alerts an output gets: those that pass all that is not null.',
    fields: (t) => ({
      severity: t.field({
        type: Severity,
        nullable: true,
        description: 'The least severity.',
        resolve: ({ severity }) => severity ?? null,
      }),
      confidence: t.field({
        type: Confidence,
        nullable: true,
        description: 'The least confidence.',
        resolve: ({ confidence }) => confidence ?? null,
      }),
      alertTypes: t.field({
        type: [AlertType],
        nullable: true,
        description: 'The kinds of alerts.',
        resolve: ({ alertTypes }) => alertTypes ?? null,
      }),
      untriaged: t.boolean({
        description: 'Whether only detections pass that nobody has acknowledged or resolved.',
        resolve: ({ untriaged }) => untriaged ?? false,
      }),
    }),
  });
  const Output = builder.objectRef<OutputView>('Output').implement({
    authScopes: { viewer: true },
    description: 'A place where alerts are sent, each at least once, those of one detection in their order.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'UUID.' }),
      name: t.exposeString('name', { description: 'What it is called.' }),
      kind: t.expose('kind', { type: OutputKind, description: 'How it sends.' }),
      format: t.expose('format', { type: OutputFormat, description: 'As what.' }),
      target: t.string({
        description:
          'Where: the origin of a webhook, whose path may be a secret; transport, host and port; or the file.',
        resolve: targetOf,
      }),
      filter: t.expose('filter', { type: Filter, description: 'Which alerts it gets.' }),
      state: t.field({ type: OutputState, description: 'How it is.', resolve: outputState }),
      createdAt: t.expose('created', { type: 'DateTime', description: 'When it was made.' }),
      createdBy: t.exposeString('actor', { description: 'Who made it.' }),
      waiting: t.expose('waiting', { type: 'Count', description: 'Alerts that are still to be sent.' }),
      delivered: t.expose('delivered', { type: 'Count', description: 'Alerts that have arrived.' }),
      failed: t.expose('failed', {
        type: 'Count',
        description: 'Alerts that were given up after a day of attempts, and can be sent again for 30 days.',
      }),
      lastDelivered: t.expose('last_delivered', {
        type: 'DateTime',
        nullable: true,
        description: 'When the last one arrived; null if none has.',
      }),
      lastError: t.exposeString('last_error', {
        nullable: true,
        description: 'Why the last attempt that failed did; null if none has.',
      }),
      lastFailed: t.expose('last_failed', {
        type: 'DateTime',
        nullable: true,
        description: 'When that was; null if none has failed.',
      }),
    }),
  });
  return { Output, OutputFormat };
}
