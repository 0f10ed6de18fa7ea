import type { Policy } from '@connscan/model';
import { InvalidInput } from '../graphql/user-error.ts';
import type { Labels, PolicyRow } from '../store/schema.ts';
import { type Documents, inForceAt } from './documents.ts';
import { effectivePolicy, type PolicyDocument } from './effective-policy.ts';
import { policyDiff } from './policy-diff.ts';

export type DocumentsChange = {
  readonly now: Documents;
  /** What holds at a place afterwards, of what holds there before. */
  readonly change: (before: readonly PolicyRow[], place: number) => readonly PolicyDocument[];
  /** Of the agents that may be concerned. */
  readonly labelSets: readonly Labels[];
};

/**
 * Paths by which a change of the documents makes any agent see less, wherever its place is. Throws InvalidInput with every problem of
 * the documents together.
 */
export function judgeChange({ now, change, labelSets }: DocumentsChange): string[] {
  const places = now.reaches.filter((reach) => reach > 0).map((reach) => reach - 1);
  const paths = places.flatMap((place) => {
    const { documents: before } = inForceAt(now, place);
    return weakening(before, change(before, place), labelSets);
  });
  return [...new Set(paths)];
}

function weakening(
  before: readonly PolicyDocument[],
  after: readonly PolicyDocument[],
  labelSets: readonly Labels[],
): string[] {
  return labelSets.flatMap((labels) => {
    const effective = effectivePolicy(after, labels);
    if ('problems' in effective) {
      throw badPolicy(effective.problems.map((problem) => `for ${JSON.stringify(labels)}: ${problem}`));
    }
    const changes = policyDiff(policyFor(before, labels), effective.policy);
    return changes.filter(({ weakens }) => weakens).map(({ path }) => path);
  });
}

/** Throws InvalidInput for documents that do not go together. */
export function policyFor(documents: readonly PolicyDocument[], labels: Labels): Policy {
  const effective = effectivePolicy(documents, labels);
  if ('problems' in effective) throw badPolicy(effective.problems);
  return effective.policy;
}

export function badPolicy(problems: readonly string[]): InvalidInput {
  return new InvalidInput('document', problems.join('\ndocument: '));
}
