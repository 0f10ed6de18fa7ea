import { findDetectionsById } from '../store/find-detections.ts';
import type { CommentRow, TriageRow } from '../store/schema.ts';
import { type Judgement, judgeDetections, TRIAGE_STATES, VERDICTS } from '../store/triage.ts';
import type { DetectionRef } from './add-detections.ts';
import type { Builder } from './builder.ts';
import type { Context } from './context.ts';
import { named } from './enums.ts';
import { readText } from './read-text.ts';
import { InvalidInput, NotFound } from './user-error.ts';

const MAX_IDS = 200;
const MAX_COMMENT = 4000;
const ID = /^[0-9a-f]{32}$/;

/** The types of what people make of detections. */
export function addTriageTypes(builder: Builder) {
  const TriageState = builder.enumType('TriageState', {
    description: 'How far people are with a detection.',
    values: named(TRIAGE_STATES, {
      new: 'Nobody has said anything of it.',
      acknowledged: 'Somebody looks at it.',
      resolved: 'It is known what it was.',
    }),
  });
  const Verdict = builder.enumType('Verdict', {
    description: 'What a detection turned out to be.',
    values: named(VERDICTS, {
      true_positive: 'A scan that should not have been.',
      benign: 'A scan, and one that is allowed: a scanner or an inventory of our own.',
      false_positive: 'No scan.',
    }),
  });
  const Triage = builder.objectRef<TriageRow>('Triage').implement({
    authScopes: { viewer: true },
    description: 'What was made of a detection last.',
    fields: (t) => ({
      state: t.expose('state', { type: TriageState, description: 'How far people are with it.' }),
      verdict: t.expose('verdict', {
        type: Verdict,
        nullable: true,
        description: 'What it turned out to be; null unless it is resolved.',
      }),
      actor: t.exposeString('actor', { description: 'Who said so.' }),
      at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    }),
  });
  const Comment = builder.objectRef<CommentRow>('Comment').implement({
    authScopes: { viewer: true },
    description: 'What somebody wrote on a detection.',
    fields: (t) => ({
      actor: t.exposeString('actor', { description: 'Who wrote it.' }),
      at: t.expose('at', { type: 'DateTime', description: 'When.' }),
      text: t.exposeString('text', { description: `What, ${MAX_COMMENT} characters at most.` }),
    }),
  });
  return { TriageState, Verdict, Triage, Comment };
}

export type TriageTypes = ReturnType<typeof addTriageTypes>;

/** The mutations by which people say what they make of detections. */
export function addTriage(builder: Builder, Detection: DetectionRef, { Verdict }: TriageTypes): void {
  const Triaged = builder.objectRef<readonly string[]>('TriagedDetections').implement({
    authScopes: { viewer: true },
    description: 'Detections of which something was just said.',
    fields: (t) => ({
      detections: t.field({
        type: [Detection],
        description: 'As they are now, in the order that they were asked for.',
        resolve: (ids, _args, { db }) => findDetectionsById(db, ids),
      }),
    }),
  });
  const ids = { required: true, description: `Ids of 1 to ${MAX_IDS} detections.` } as const;

  builder.mutationFields((t) => ({
    acknowledgeDetections: t.field({
      type: Triaged,
      authScopes: { analyst: true },
      errors: { types: [InvalidInput, NotFound] },
      description: 'Says that somebody looks at detections; those that were resolved are open to judgement again.',
      args: {
        ids: t.arg.idList(ids),
        comment: t.arg.string({ description: `A comment on each, ${MAX_COMMENT} characters at most.` }),
      },
      resolve: (_root, args, context) =>
        judge(context, { ...read(args), action: 'DETECTION_ACKNOWLEDGED', state: 'acknowledged' }),
    }),
    resolveDetections: t.field({
      type: Triaged,
      authScopes: { analyst: true },
      errors: { types: [InvalidInput, NotFound] },
      description: 'Says what detections turned out to be. A scan that goes on stays open until it ends.',
      args: {
        ids: t.arg.idList(ids),
        verdict: t.arg({ type: Verdict, required: true, description: 'What they turned out to be.' }),
        comment: t.arg.string({ description: `A comment on each, ${MAX_COMMENT} characters at most.` }),
      },
      resolve: (_root, { verdict, ...args }, context) =>
        judge(context, { ...read(args), action: 'DETECTION_RESOLVED', state: 'resolved', verdict }),
    }),
    commentDetections: t.field({
      type: Triaged,
      authScopes: { analyst: true },
      errors: { types: [InvalidInput, NotFound] },
      description: 'Writes a comment on detections.',
      args: {
        ids: t.arg.idList(ids),
        text: t.arg.string({ required: true, description: `The comment, ${MAX_COMMENT} characters at most.` }),
      },
      resolve: (_root, { ids, text }, context) =>
        judge(context, {
          ...read({ ids }),
          comment: readText('text', text, MAX_COMMENT),
          action: 'DETECTION_COMMENTED',
        }),
    }),
  }));
}

type Arguments = { readonly ids: readonly string[]; readonly comment?: string | null | undefined };

function read({ ids, comment }: Arguments): Pick<Judgement, 'ids' | 'comment'> {
  const distinct = [...new Set(ids)];
  if (distinct.length === 0 || distinct.length > MAX_IDS) {
    throw new InvalidInput('ids', `must be from 1 to ${MAX_IDS}, are ${distinct.length}`);
  }
  for (const id of distinct)
    if (!ID.test(id)) throw new InvalidInput('ids', 'must be 32 lower-case hexadecimal digits');
  return { ids: distinct, comment: comment == null ? undefined : readText('comment', comment, MAX_COMMENT) };
}

async function judge({ db, actor }: Context, judgement: Omit<Judgement, 'actor'>): Promise<readonly string[]> {
  const missing = await judgeDetections(db, { ...judgement, actor: actor.name });
  if (missing !== undefined) throw new NotFound(missing, `there is no detection ${missing}; nothing was changed`);
  return judgement.ids;
}
