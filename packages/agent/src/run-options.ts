import { ConnscanError } from '@connscan/model';
import { formatSocketAddress, parseLoopbackAddress } from '@connscan/program';
import { type AgentConfig, agentConfigSchema, readAgentConfig } from './agent-config.ts';
import { type NetnsScope, readNetnsScope } from './netns-scope.ts';
import type { AgentOptions } from './start-agent.ts';

/** Options of `run` as they are written. */
export type RunArguments = {
  readonly aggregator?: string;
  readonly data?: string;
  readonly config?: string;
  readonly netns?: readonly string[];
  readonly insecure?: boolean;
};

/** The options of the agent; throws BAD_USAGE with every problem of options and config file, one a line. */
export async function readRunOptions(
  args: RunArguments,
  unknown: readonly string[],
): Promise<Omit<AgentOptions, 'logger' | 'probe'>> {
  const problems = [...unknown];
  const aggregator = parseLoopbackAddress(args.aggregator ?? '', '--aggregator');
  if ('problem' in aggregator) problems.push(aggregator.problem);
  if (!args.data) problems.push('--data: must name a directory');
  if (!args.insecure) problems.push('--insecure: must be given, as agents have no identity yet; loopback only');
  const scope = readNetnsScope(args.netns, problems);
  const config = await readConfig(args.config, problems);
  if (problems.length > 0 || 'problem' in aggregator || !args.data) {
    throw new ConnscanError('BAD_USAGE', problems.join('\n'));
  }
  return { aggregator: formatSocketAddress(aggregator), data: args.data, scope, config };
}

/** Options of `trace` and `record` as they are written. */
export type WatchArguments = {
  readonly config?: string;
  readonly netns?: readonly string[];
};

/** What a watch of this host is to see; throws BAD_USAGE as `readRunOptions` does. */
export async function readWatchOptions(
  args: WatchArguments,
  unknown: readonly string[],
): Promise<{ scope: NetnsScope; config: AgentConfig }> {
  const problems = [...unknown];
  const scope = readNetnsScope(args.netns, problems);
  const config = await readConfig(args.config, problems);
  if (problems.length > 0) throw new ConnscanError('BAD_USAGE', problems.join('\n'));
  return { scope, config };
}

async function readConfig(path: string | undefined, problems: string[]): Promise<AgentConfig> {
  try {
    if (path !== undefined) return await readAgentConfig(path);
  } catch (error) {
    if (!(error instanceof ConnscanError)) throw error;
    problems.push(error.message);
  }
  return agentConfigSchema.parse({});
}
