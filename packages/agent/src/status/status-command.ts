import { ConnscanError } from '@connscan/model';
import { askStatus } from './ask-status.ts';
import { formatStatus } from './format-status.ts';

/** Options of `status` as they are written. */
export type StatusArguments = { readonly data?: string; readonly json?: boolean };

/**
 * What the running agent says of itself, and the exit code: 0 if it is healthy, 1 if it is degraded. Throws BAD_USAGE, and
 * AGENT_UNREACHABLE if none runs.
 */
export async function statusCommand(
  { data, json }: StatusArguments,
  unknown: readonly string[],
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const problems = data ? unknown : [...unknown, '--data: must name the directory of a running agent'];
  if (!data || problems.length > 0) throw new ConnscanError('BAD_USAGE', problems.join('\n'));
  const status = await askStatus(data);
  return {
    text: json ? `${JSON.stringify(status)}\n` : formatStatus(status),
    exitCode: status.problems.length === 0 ? 0 : 1,
  };
}
