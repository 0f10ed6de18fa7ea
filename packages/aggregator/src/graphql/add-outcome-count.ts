import { OUTCOMES, type Outcome } from '@connscan/model';
import type { Builder } from './builder.ts';
import type { Enums } from './enums.ts';

type OutcomeCount = { readonly outcome: Outcome; readonly connections: number };

export function addOutcomeCount(builder: Builder, { Outcome }: Enums) {
  return builder.objectRef<OutcomeCount>('OutcomeCount').implement({
    authScopes: { viewer: true },
    description: 'Connections that ended in one way.',
    fields: (t) => ({
      outcome: t.expose('outcome', { type: Outcome, description: 'How they ended.' }),
      connections: t.expose('connections', { type: 'Count', description: 'How many.' }),
    }),
  });
}

export type OutcomeCountRef = ReturnType<typeof addOutcomeCount>;

/** Counts by outcome as a list, in the order of the outcomes, without those that never happened. */
export function listCounts(counts: Partial<Record<Outcome, number>>): OutcomeCount[] {
  return OUTCOMES.flatMap((outcome) => {
    const connections = counts[outcome];
    return connections ? [{ outcome, connections }] : [];
  });
}
