import type { Habit } from '@connscan/detector';
import type { HabitRule } from '@connscan/model';
import { editList } from '../policy/edit-list.ts';
import { readReason } from './add-policies.ts';
import type { Builder } from './builder.ts';
import { readCount } from './read-count.ts';
import { Conflict, InvalidInput, NotFound, ReasonMissing } from './user-error.ts';

/** The document that has what is decided of habits. */
const DOCUMENT = 'habits';

/** So many habits are listed at most, those seen last. */
const MOST_LISTED = 1000;

type Service = Pick<HabitRule, 'source' | 'destination' | 'port'>;
type Shown = Service & { readonly decision?: HabitRule['decision'] | undefined; readonly learnt?: Habit | undefined };

export function addHabits(builder: Builder): void {
  const Decision = builder.enumType('HabitDecision', {
    description: 'What an administrator decided of a service that a source touches.',
    values: {
      PINNED: { value: 'pinned', description: 'It never counts.' },
      REVOKED: { value: 'revoked', description: 'It always counts.' },
    } as const,
  });

  const HabitState = builder.enumType('HabitState', {
    description: 'How sure a habit is.',
    values: {
      PROBATION: { value: 'probation', description: 'If it stops soon, it was none.' },
      TRUSTED: { value: 'trusted', description: 'It is beyond its probation.' },
      PINNED: { value: 'pinned', description: 'An administrator said so.' },
    } as const,
  });

  const HabitType = builder.objectRef<Shown>('Habit').implement({
    authScopes: { viewer: true },
    description: 'A service that a source touches so regularly that it does not count, or of which somebody decided.',
    fields: (t) => ({
      source: t.expose('source', { type: 'Address', description: 'The source.' }),
      sourcePrefixBits: t.int({
        nullable: true,
        description: '64 if it is a habit of the /64 that the address begins; null for the one address.',
        resolve: ({ learnt }) => learnt?.sourcePrefixBits ?? null,
      }),
      destination: t.expose('destination', { type: 'Address', description: 'The host of the service.' }),
      port: t.exposeInt('port', { description: 'Its port.' }),
      decision: t.field({
        type: Decision,
        nullable: true,
        description: 'What was decided of it; null if nothing was.',
        resolve: ({ decision }) => decision ?? null,
      }),
      state: t.field({
        type: HabitState,
        nullable: true,
        description: 'How sure it is; null if the aggregator has not learnt it.',
        resolve: ({ learnt }) => learnt?.state ?? null,
      }),
      since: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'Since when it is touched; null if it was not learnt.',
        resolve: ({ learnt }) => (learnt ? new Date(learnt.sinceMs) : null),
      }),
      periodSeconds: t.float({
        nullable: true,
        description: 'Its beat; null if it is touched often, but at no steady one.',
        resolve: ({ learnt }) => (learnt?.periodMs === undefined ? null : learnt.periodMs / 1000),
      }),
      lastSeen: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it was touched last; null if it was not learnt.',
        resolve: ({ learnt }) => (learnt ? new Date(learnt.lastSeenMs) : null),
      }),
    }),
  });

  builder.queryField('habits', (t) =>
    t.field({
      type: [HabitType],
      authScopes: { viewer: true },
      description:
        'What was decided of habits, for every agent, and what the aggregator has learnt from the sightings of all agents, seen last first.',
      args: {
        source: t.arg({ type: 'Address', description: 'Only of this source.' }),
        first: t.arg.int({ description: `How many that were learnt, 1 to ${MOST_LISTED}; 200 if left out.` }),
      },
      async resolve(_root, { source, first }, { policies, correlation }) {
        const limit = readCount('first', first ?? 200, 1, MOST_LISTED);
        const isWanted = (habit: Service) => source == null || habit.source === source;
        const { policy } = await policies.fleetPolicy();
        const decided = new Map(policy.habits.map((rule) => [keyOf(rule), rule]));
        const learnt = correlation
          .habits()
          .filter(isWanted)
          .sort((one, other) => other.lastSeenMs - one.lastSeenMs)
          .slice(0, limit);
        const known = new Set(learnt.map(keyOf));
        return [
          ...policy.habits.filter((rule) => isWanted(rule) && !known.has(keyOf(rule))),
          ...learnt.map((habit): Shown => {
            const { source: from, destination, port } = habit;
            return { source: from, destination, port, decision: decided.get(keyOf(habit))?.decision, learnt: habit };
          }),
        ];
      },
    }),
  );

  for (const [field, decision, description] of [
    ['pinHabit', 'pinned', 'From now on a service that a source touches never counts.'],
    ['revokeHabit', 'revoked', 'From now on a service that a source touches always counts, whatever was learnt of it.'],
    ['forgetHabit', undefined, 'Takes back what was decided of a service: what was learnt of it holds.'],
  ] as const) {
    builder.mutationField(field, (t) =>
      t.field({
        type: HabitType,
        authScopes: { tuner: true },
        errors: { types: [InvalidInput, NotFound, Conflict, ReasonMissing] },
        description,
        args: {
          source: t.arg({ type: 'Address', required: true, description: 'The source.' }),
          destination: t.arg({ type: 'Address', required: true, description: 'The host of the service.' }),
          port: t.arg.int({ required: true, description: 'Its port.' }),
          reason: t.arg.string({ description: 'Why, for the audit log. Needed if the fleet sees less by it.' }),
        },
        async resolve(_root, { source, destination, port, reason }, { policies, actor }) {
          const service = { source, destination, port: readCount('port', port, 1, 65_535) };
          const document = (await policies.inForce()).find((row) =>
            habitsOf(row.document).some((rule) => keyOf(rule) === keyOf(service)),
          );
          if (!decision && !document) throw new NotFound(keyOf(service), 'nothing was decided of this service');
          await policies.edit({
            ...{ name: document?.name ?? DOCUMENT, reason: readReason(reason), actor: actor.name },
            edit: (value) =>
              editList(
                value,
                'habits',
                (rule) => keyOf(rule as unknown as Service) === keyOf(service),
                decision && { ...service, decision },
              ),
          });
          return { ...service, decision };
        },
      }),
    );
  }
}

function habitsOf(document: Readonly<Record<string, unknown>>): readonly Service[] {
  return (document.habits ?? []) as readonly Service[];
}

function keyOf({ source, destination, port }: Service): string {
  return `${source} ${destination} ${port}`;
}
