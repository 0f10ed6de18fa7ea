import { writeAudit } from '../identity/audit.ts';
import type { OutputFilter } from '../outputs/output-settings.ts';
import {
  createOutput,
  findOutput,
  findOutputs,
  type OutputView,
  removeOutput,
  resendDeliveries,
  updateOutput,
} from '../outputs/outputs.ts';
import { formatProblem, readTarget, type TargetProblem } from '../outputs/read-target.ts';
import type { OutputRow } from '../store/schema.ts';
import { addOutputInputs } from './add-output-inputs.ts';
import { addOutputType } from './add-output-type.ts';
import type { Builder } from './builder.ts';
import type { Enums } from './enums.ts';
import { readUuid } from './read-uuid.ts';
import { Conflict, InvalidInput, NotFound } from './user-error.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/;

export function addOutputs(builder: Builder, enums: Enums): void {
  const { Output, OutputFormat } = addOutputType(builder, enums);
  const { OutputTarget, OutputFilterInput } = addOutputInputs(builder, enums);
  const filterArg = { type: OutputFilterInput, description: 'Which alerts it gets; all if left out.' } as const;
  const idArg = { required: true, description: 'UUID of the output.' } as const;

  builder.queryField('outputs', (t) =>
    t.field({
      type: [Output],
      authScopes: { viewer: true },
      description: 'Where detections are sent, by name.',
      resolve: (_root, _args, { db }) => findOutputs(db),
    }),
  );

  builder.mutationField('createOutput', (t) =>
    t.field({
      type: Output,
      authScopes: { admin: true },
      errors: { types: [InvalidInput, Conflict] },
      description: 'Sends every alert from now on to another place too.',
      args: {
        name: t.arg.string({
          required: true,
          description: 'What it is called: letters, digits and ._- behind the first.',
        }),
        target: t.arg({ type: OutputTarget, required: true, description: 'Where it sends.' }),
        format: t.arg({ type: OutputFormat, description: 'As what; CONNSCAN if left out.' }),
        filter: t.arg(filterArg),
        enabled: t.arg.boolean({ description: 'Whether it sends; true if left out.' }),
      },
      async resolve(_root, args, { db, outputs, actor }) {
        const { name, enabled } = args;
        if (!NAME.test(name)) throw new InvalidInput('name', `must match ${NAME.source}`);
        const target = orRefuse(readTarget(args.target));
        const format = args.format ?? 'connscan';
        refuse(formatProblem(target.kind, format));
        if (target.kind === 'webhook' && target.secret === null) {
          throw new InvalidInput('target.webhook.secret', 'must be given: deliveries are signed with it');
        }
        const filter = readFilter(args.filter);
        const row = await createOutput(db, { ...target, name, format, filter, enabled: enabled ?? true }, actor.name);
        if (!row) throw new Conflict(`name: there is an output ${name} already`);
        outputs.wake();
        return viewOf(row, await findOutputs(db));
      },
    }),
  );

  builder.mutationField('updateOutput', (t) =>
    t.field({
      type: Output,
      authScopes: { admin: true },
      errors: { types: [InvalidInput, NotFound] },
      description: 'Changes what is given and leaves the rest as it is. What waits goes where it says from now on.',
      args: {
        id: t.arg.id(idArg),
        target: t.arg({
          type: OutputTarget,
          description: 'Where it sends, of the same kind. A webhook without a secret keeps the one that it has.',
        }),
        format: t.arg({ type: OutputFormat, description: 'As what.' }),
        filter: t.arg({ ...filterArg, description: 'Which alerts it gets.' }),
        enabled: t.arg.boolean({
          description: 'Whether it sends. What waits is kept meanwhile; new alerts pass it by.',
        }),
      },
      async resolve(_root, args, { db, outputs, actor }) {
        const id = readUuid('id', args.id);
        const was = await findOutput(db, id);
        if (!was) throw missing(id);
        const target = args.target ? orRefuse(readTarget(args.target)) : was;
        if (target.kind !== was.kind) throw new InvalidInput('target', `must be a ${was.kind} as before`);
        const format = args.format ?? was.format;
        refuse(formatProblem(was.kind, format));
        const row = await updateOutput(
          db,
          id,
          {
            format,
            settings: target.settings,
            secret: target.secret ?? was.secret,
            filter: args.filter ? readFilter(args.filter) : was.filter,
            enabled: args.enabled ?? was.enabled,
          },
          actor.name,
        );
        if (!row) throw missing(id);
        outputs.wake();
        return viewOf(row, await findOutputs(db));
      },
    }),
  );

  builder.mutationField('removeOutput', (t) =>
    t.field({
      type: Output,
      authScopes: { admin: true },
      errors: { types: [InvalidInput, NotFound] },
      description: 'Sends nothing there any more, also not what waits. Answers with what it was.',
      args: { id: t.arg.id(idArg) },
      async resolve(_root, args, { db, actor }) {
        const id = readUuid('id', args.id);
        const before = await findOutputs(db);
        const row = await removeOutput(db, id, actor.name);
        if (!row) throw missing(id);
        return viewOf(row, before);
      },
    }),
  );

  builder.mutationField('resendFailed', (t) =>
    t.field({
      type: Output,
      authScopes: { tuner: true },
      errors: { types: [InvalidInput, NotFound] },
      description: 'Sends what was given up again.',
      args: { id: t.arg.id(idArg) },
      async resolve(_root, args, { db, outputs, actor }) {
        const id = readUuid('id', args.id);
        const row = await resendDeliveries(db, id, actor.name);
        if (!row) throw missing(id);
        outputs.wake();
        return viewOf(row, await findOutputs(db));
      },
    }),
  );

  const TestDelivery = builder.objectRef<{ readonly error: string | null }>('TestDelivery').implement({
    authScopes: { tuner: true },
    description: 'What became of one attempt.',
    fields: (t) => ({
      delivered: t.boolean({ description: 'Whether it arrived.', resolve: ({ error }) => error === null }),
      error: t.exposeString('error', { nullable: true, description: 'Why it did not; null if it did.' }),
    }),
  });

  builder.mutationField('sendTest', (t) =>
    t.field({
      type: TestDelivery,
      authScopes: { tuner: true },
      errors: { types: [InvalidInput, NotFound] },
      description:
        'Sends a made-up detection, of the source 192.0.2.1, once and at once, past the filter, and whether the output is enabled or not.',
      args: { id: t.arg.id(idArg) },
      async resolve(_root, args, { db, outputs, actor }) {
        const id = readUuid('id', args.id);
        const row = await findOutput(db, id);
        if (!row) throw missing(id);
        const error = (await outputs.test(row)) ?? null;
        const entry = {
          actor: actor.name,
          action: 'OUTPUT_TESTED',
          subject: id,
          detail: { name: row.name, error },
        } as const;
        await db.transaction().execute((transaction) => writeAudit(transaction, entry));
        return { error };
      },
    }),
  );
}

/** Somebody else may have removed it meanwhile. */
function viewOf(row: OutputRow, outputs: readonly OutputView[]): OutputView {
  return outputs.find(({ id }) => id === row.id) ?? { ...row, waiting: 0, failed: 0 };
}

type FilterInput = { readonly [Field in keyof OutputFilter]?: OutputFilter[Field] | null | undefined };

function readFilter(input: FilterInput | null | undefined): OutputFilter {
  const { severity, confidence, alertTypes, untriaged } = input ?? {};
  if (alertTypes?.length === 0) throw new InvalidInput('filter.alertTypes', 'must have one at least');
  return {
    ...(severity && { severity }),
    ...(confidence && { confidence }),
    ...(alertTypes && { alertTypes }),
    ...(untriaged && { untriaged }),
  };
}

function orRefuse<Read extends object>(read: Read | TargetProblem): Read {
  if ('problem' in read) throw new InvalidInput((read as TargetProblem).field, (read as TargetProblem).problem);
  return read as Read;
}

function refuse(problem: TargetProblem | undefined): void {
  if (problem) orRefuse(problem);
}

function missing(id: string): NotFound {
  return new NotFound(id, `there is no output ${id}`);
}
