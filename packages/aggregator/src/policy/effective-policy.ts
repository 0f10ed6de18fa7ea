import { canonicalAddress, type Policy, policyHash, policySchema, problemsOf } from '@connscan/model';
import { MAX_MESSAGE_BYTES } from '@connscan/wire';
import type { Labels, PolicyRow } from '../store/schema.ts';

export type PolicyDocument = Pick<PolicyRow, 'version' | 'selector' | 'document'>;

/** What agents with some labels are to work by. */
export type EffectivePolicy = {
  readonly policy: Policy;
  readonly hash: string;
  /** Versions of the documents that it was made of; the later ones have the last word. */
  readonly versions: readonly number[];
};

/** Bytes of a policy as JSON at most: it goes to an agent in one message, with its version and hash. */
const MAX_POLICY_BYTES = MAX_MESSAGE_BYTES - 1024;

type Value = Readonly<Record<string, unknown>>;

/**
 * One policy of all documents whose selector fits: every label of it must be among the agent's. Documents come in the order of
 * their labels' number, then of their version, and a later one has the last word on each setting that it names: so what is
 * meant for fewer agents wins, and of two alike the newer. Exceptions, habits and overrides of all documents hold together; of
 * two exceptions or overrides of one name, or two habits of one service, the later one holds. What nobody names has its default.
 */
export function effectivePolicy(
  documents: readonly PolicyDocument[],
  labels: Labels,
): EffectivePolicy | { readonly problems: readonly string[] } {
  const fitting = documents
    .filter(({ selector }) => Object.entries(selector).every(([name, value]) => labels[name] === value))
    .sort((one, other) => labelsIn(one) - labelsIn(other) || one.version - other.version);
  const merged = fitting.reduce((whole: Value, { document }) => merge(whole, document), {});
  const policy = policySchema.safeParse(merged);
  if (!policy.success) return { problems: problemsOf(policy.error) };
  const problem = tooLong(policy.data);
  if (problem !== undefined) return { problems: [problem] };
  return { policy: policy.data, hash: policyHash(policy.data), versions: fitting.map(({ version }) => version) };
}

/** Why no message has room for a policy, by the field that takes the most. */
function tooLong(policy: Policy): string | undefined {
  const bytes = bytesOf(policy);
  if (bytes <= MAX_POLICY_BYTES) return undefined;
  const fields = Object.entries(policy).map(([name, value]) => ({ name, bytes: bytesOf(value) }));
  const largest = fields.reduce((most, field) => (field.bytes > most.bytes ? field : most));
  return `${largest.name}: the whole policy must have at most ${MAX_POLICY_BYTES} bytes of JSON, has ${bytes}, and ${largest.bytes} of them here`;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function labelsIn({ selector }: PolicyDocument): number {
  return Object.keys(selector).length;
}

/** Lists whose entries of all documents hold together, and what makes two of them the same. */
const UNITED: Readonly<Record<string, (entry: Value) => string>> = {
  exceptions: ({ name }) => `${name}`,
  overrides: ({ name }) => `${name}`,
  habits: ({ source, destination, port }) =>
    [canonicalAddress(`${source}`), canonicalAddress(`${destination}`), port].join(' '),
};

function merge(under: Value, over: Value): Value {
  const merged = new Map(Object.entries(under));
  for (const [name, value] of Object.entries(over)) {
    const before = merged.get(name);
    merged.set(name, mergeValue(name, before, value));
  }
  return Object.fromEntries(merged);
}

function mergeValue(name: string, before: unknown, value: unknown): unknown {
  const keyOf = UNITED[name];
  if (keyOf && Array.isArray(before) && Array.isArray(value)) {
    return [...new Map([...before, ...value].map((entry) => [keyOf(entry), entry])).values()];
  }
  return isObject(before) && isObject(value) ? merge(before, value) : value;
}

function isObject(value: unknown): value is Value {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
