import { type Policy, policyHash, policySchema, problemsOf } from '@connscan/model';
import type { PolicyMessage } from '@connscan/wire';

/** The policy of a message, or what is wrong with it: every problem. */
export type ReadPolicy = { readonly policy: Policy } | { readonly problems: readonly string[] };

/** Takes a document whole or not at all. */
export function readPolicyMessage({ hash, document }: Pick<PolicyMessage, 'hash' | 'document'>): ReadPolicy {
  const value = parseJson(document);
  if (value === undefined) return { problems: ['document: must be JSON'] };
  // Of the document itself: another version of this program may have other defaults.
  if (policyHash(value as Policy) !== hash) return { problems: ['hash: must be that of the document'] };
  const policy = policySchema.safeParse(value);
  return policy.success ? { policy: policy.data } : { problems: problemsOf(policy.error) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
