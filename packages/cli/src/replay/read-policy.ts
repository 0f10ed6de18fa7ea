import { readFile } from 'node:fs/promises';
import { DEFAULT_POLICY, type Policy, policySchema, problemsOf } from '@connscan/model';
import { parseDocument } from 'yaml';

/** The policy in a YAML file; what is wrong is added to `problems`, one a line, each with the file's name. */
export async function readPolicy(path: string, problems: string[]): Promise<Policy> {
  const wrong = (texts: readonly string[]) => {
    problems.push(...texts.map((text) => `${path}: ${text}`));
    return DEFAULT_POLICY;
  };
  const text = await readFile(path, 'utf8').catch((error: Error) => error);
  if (text instanceof Error) return wrong([text.message]);
  const document = parseDocument(text);
  if (document.errors.length > 0) return wrong(document.errors.map(({ message }) => message.split('\n')[0]!));
  // An empty file is a null document.
  const policy = policySchema.safeParse(document.toJS() ?? {});
  return policy.success ? policy.data : wrong(problemsOf(policy.error));
}
