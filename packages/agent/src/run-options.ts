import { ConnscanError } from '@connscan/model';
import { formatSocketAddress, parseLoopbackAddress, parseSocketAddress, type SocketAddress } from '@connscan/program';
import { type AgentConfig, agentConfigSchema, readAgentConfig } from './agent-config.ts';
import { readHandOver } from './hand-over.ts';
import { readIdentity } from './identity/identity-file.ts';
import type { TokenArguments } from './identity/read-token.ts';
import { type NetnsScope, readNetnsScope } from './netns-scope.ts';
import type { AgentOptions } from './start-agent.ts';

/** Options of `run` as they are written. */
export type RunArguments = {
  readonly aggregator?: string;
  readonly data?: string;
  readonly config?: string;
  readonly netns?: readonly string[];
  readonly insecure?: boolean;
  readonly metrics?: string;
};

/** The options of the agent; throws BAD_USAGE with every problem of options and config file, one a line. */
export async function readRunOptions(
  args: RunArguments,
  unknown: readonly string[],
): Promise<Omit<AgentOptions, 'logger' | 'probe'>> {
  const problems = [...unknown];
  const { data = '', insecure = false } = args;
  const parseAddress = insecure ? parseLoopbackAddress : parseSocketAddress;
  const aggregator = parseAddress(args.aggregator ?? '', '--aggregator');
  if ('problem' in aggregator) problems.push(aggregator.problem);
  if (!data) problems.push('--data: must name a directory');
  else if (!insecure) problems.push(...(await identityProblems(data)));
  const handedOver = readHandOver(process.env);
  const metrics = args.metrics === undefined ? undefined : parseLoopbackAddress(args.metrics, '--metrics');
  if (metrics && 'problem' in metrics) problems.push(metrics.problem);
  const scope = handedOver ? handedOver.scope : readNetnsScope(args.netns, problems);
  const config = await readConfig(args.config, problems);
  if (problems.length > 0 || 'problem' in aggregator || (metrics && 'problem' in metrics)) {
    throw new ConnscanError('BAD_USAGE', problems.join('\n'));
  }
  return { aggregator: formatSocketAddress(aggregator), data, insecure, metrics, scope, config };
}

/** Options of `enroll` as they are written. */
export type EnrollArguments = Pick<RunArguments, 'aggregator' | 'data'> & TokenArguments;

/** Where and for which data directory to enroll; throws BAD_USAGE as `readRunOptions` does. */
export function readEnrollOptions(
  { aggregator: written = '', data = '' }: EnrollArguments,
  unknown: readonly string[],
): { aggregator: SocketAddress; data: string } {
  const problems = [...unknown];
  const aggregator = parseSocketAddress(written, '--aggregator');
  if ('problem' in aggregator) problems.push(aggregator.problem);
  if (!data) problems.push('--data: must name a directory');
  if (problems.length > 0 || 'problem' in aggregator) {
    throw new ConnscanError('BAD_USAGE', problems.join('\n'));
  }
  return { aggregator, data };
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

/** Told with everything else that is wrong, before the probe is loaded. */
async function identityProblems(data: string): Promise<string[]> {
  try {
    if (await readIdentity(data)) return [];
    return [
      `--data: ${data} has no identity: run \`connscan-agent enroll\` first, or give --insecure for an aggregator on loopback`,
    ];
  } catch (error) {
    if (!(error instanceof ConnscanError)) throw error;
    return [error.message];
  }
}
