import { stringify } from 'yaml';
import type { Policy } from './answers.ts';
import { formatTable } from './format-table.ts';
import { printableText } from './printable-text.ts';

const HEAD = ['VERSION', 'NAME', 'FOR', 'SET', 'STATE', 'REASON'];

/** A table of documents; the latest of each name that was not withdrawn is in force. */
export function formatPolicies(policies: readonly Policy[]): string {
  if (policies.length === 0) return 'no policies: agents work by their config files\n';
  const inForce = new Set<string>();
  return formatTable(
    HEAD,
    policies.map((policy) => {
      const { version, name, createdAt, withdrawnAt, reason } = policy;
      const isLatest = withdrawnAt === null && policy.reach === 1 && !inForce.has(name);
      if (isLatest) inForce.add(name);
      const state = withdrawnAt ? 'withdrawn' : isLatest ? 'in force' : stateOf(policy);
      return [version, name, selectorOf(policy), createdAt, state, reason];
    }),
  );
}

/** What setting a document did. */
export function formatSetPolicy({ version, name, weakens, reach }: Policy): string {
  const loss = weakens.map((path) => `  the fleet sees less by ${printableText(path)}\n`).join('');
  return `version ${version} of policy ${name} is ${reach === 0 ? 'a draft' : 'set'}\n${loss}`;
}

function stateOf({ reach }: Policy): string {
  if (reach === 0) return 'draft';
  return reach === 1 ? 'replaced' : `for ${(reach * 100).toFixed(0)} %`;
}

/** One document as it may be edited and set again. */
export function formatPolicy(policy: Policy): string {
  const { version, name, document } = policy;
  // What an administrator wrote is quoted by YAML where it has control characters.
  return `# version ${version} of policy ${name}, for ${selectorOf(policy)}\n${stringify(JSON.parse(document))}`;
}

function selectorOf({ selector }: Policy): string {
  return selector.map(({ name, value }) => `${name}=${value}`).join(' ') || 'all agents';
}
