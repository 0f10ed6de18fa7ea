import { createHash } from 'node:crypto';
import type { Policy } from './policy.ts';

/** A short name of what a policy says, the same wherever it was written and in whatever order: 16 hexadecimal digits. */
export function policyHash(policy: Policy): string {
  return createHash('sha256').update(JSON.stringify(policy, sortKeys)).digest('hex').slice(0, 16);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
