import { policySchema, problemsOf } from '@connscan/model';
import { parseDocument } from 'yaml';

/** A document as it was written, or every problem of it. */
export type ReadDocument =
  | { readonly document: Readonly<Record<string, unknown>> }
  | { readonly problems: readonly string[] };

/** A message to an agent has a MiB, and all documents for one agent go in one. */
const MAX_DOCUMENT_LENGTH = 100_000;

/** Reads YAML, or JSON, which is YAML; what it names must be a policy already when nothing else is. */
export function readDocument(text: string): ReadDocument {
  if (text.length > MAX_DOCUMENT_LENGTH) return { problems: [`must have at most ${MAX_DOCUMENT_LENGTH} characters`] };
  const yaml = parseDocument(text);
  if (yaml.errors.length > 0) return { problems: yaml.errors.map(({ message }) => message.split('\n')[0]!) };
  // An empty text is a null document: it takes back what the one before it said.
  const document = readValue(yaml) ?? {};
  const policy = policySchema.safeParse(document);
  return policy.success ? { document } : { problems: problemsOf(policy.error) };
}

function readValue(yaml: ReturnType<typeof parseDocument>) {
  try {
    return yaml.toJS();
  } catch (error) {
    // Too many aliases.
    return (error as Error).message;
  }
}
