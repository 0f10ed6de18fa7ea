import { readFile } from 'node:fs/promises';
import { ConnscanError, policySchema, problemsOf } from '@connscan/model';
import { parseDocument } from 'yaml';
import { z } from 'zod';

/** The config file of an agent. Everything has a default; docs/configuration.md explains each setting. */
export const agentConfigSchema = z.strictObject({
  /** Shards of the detection: one for each core if left out, at most 8. */
  shards: z.number().int().min(1).max(64).optional(),
  /** Whether detections name the process that scans, and sightings the one that listens, on this host. */
  attribution: z.boolean().default(true),
  /**
   * Whether the agent keeps CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH after it has loaded the probe: without them the kernel
   * does not show it the executable, working directory and login of processes that are not its own user's.
   */
  snapshotPrivileges: z.boolean().default(false),
  /** Whether secrets in the command lines of endpoint snapshots are replaced by `***`. */
  redactArguments: z.boolean().default(true),
  /** Disk that batches on their way to the aggregator take at most, in MiB: 256 are 15,000 full batches of sightings. */
  spoolMiB: z.number().int().min(16).max(1_048_576).default(256),
  /**
   * Resident memory that the agent stays within, in MiB, by doing without what it can do without. One that takes more than
   * that from its start, from sources or with many shards, has 128 MiB more than it began with.
   */
  memoryMiB: z.number().int().min(64).max(65_536).default(256),
  policy: policySchema.prefault({}),
});

export type AgentConfig = z.output<typeof agentConfigSchema>;

/** Reads a YAML config file; throws BAD_USAGE with every problem, one a line, each with the file's name. */
export async function readAgentConfig(path: string): Promise<AgentConfig> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new ConnscanError('BAD_USAGE', `--config: ${cause.message}`, { cause });
  });
  const document = parseDocument(text);
  if (document.errors.length > 0)
    throw badConfig(
      path,
      document.errors.map((error) => error.message.split('\n')[0]!),
    );
  // An empty file is a null document.
  const config = agentConfigSchema.safeParse(document.toJS() ?? {});
  if (!config.success) throw badConfig(path, problemsOf(config.error));
  return config.data;
}

function badConfig(path: string, problems: readonly string[]): ConnscanError {
  return new ConnscanError('BAD_USAGE', problems.map((problem) => `${path}: ${problem}`).join('\n'));
}
