import { open } from 'node:fs/promises';
import {
  ConnscanError,
  DEFAULT_POLICY,
  enabledModels,
  MODEL_NAMES,
  type ModelName,
  type Policy,
} from '@connscan/model';
import { STDIN } from './read-input.ts';
import { readPolicy } from './read-policy.ts';

/** Options of `replay` as they are written. */
export type ReplayArguments = {
  readonly threshold?: string;
  readonly rollup?: string;
  readonly policy?: string;
  readonly json?: boolean;
};

/** What to replay and by which policy; throws BAD_USAGE with every problem of options, files and policy, one a line. */
export async function readReplayOptions(
  files: readonly string[],
  args: ReplayArguments,
): Promise<{ files: readonly string[]; policy: Policy }> {
  const problems: string[] = [];
  const chosen = files.length > 0 ? files : [STDIN];
  if (chosen.indexOf(STDIN) !== chosen.lastIndexOf(STDIN)) problems.push('-: standard input can be read only once');
  for (const file of chosen) await checkFile(file, problems);
  const low = readNumber('--threshold', args.threshold, 1, 1024, problems);
  const rollupPeriodSeconds = readNumber('--rollup', args.rollup, 15, 3600, problems);
  const policy = args.policy === undefined ? DEFAULT_POLICY : await readPolicy(args.policy, problems);
  if (enabledModels(policy).length === 0) problems.push(`${args.policy}: models: none is enabled`);
  if (problems.length > 0) throw new ConnscanError('BAD_USAGE', problems.join('\n'));
  return { files: chosen, policy: adjust(policy, low, rollupPeriodSeconds) };
}

async function checkFile(file: string, problems: string[]): Promise<void> {
  if (file === STDIN) return;
  // allowUnknownOption lets them through as files.
  if (file.startsWith('-')) {
    problems.push(`${file}: unknown, see replay --help`);
    return;
  }
  try {
    await using handle = await open(file);
    if ((await handle.stat()).isDirectory()) problems.push(`${file}: is a directory`);
  } catch (error) {
    problems.push(`${file}: ${(error as Error).message}`);
  }
}

function readNumber(
  option: string,
  text: string | undefined,
  least: number,
  most: number,
  problems: string[],
): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  problems.push(`${option}: must be a whole number from ${least} to ${most}`);
  return undefined;
}

/** The same settings for every model. A low threshold above the others raises them. */
function adjust(policy: Policy, low: number | undefined, rollupPeriodSeconds: number | undefined): Policy {
  const adjusted = (name: ModelName) => {
    const settings = policy.models[name];
    const { thresholds } = settings;
    return {
      ...settings,
      rollupPeriodSeconds: rollupPeriodSeconds ?? settings.rollupPeriodSeconds,
      thresholds:
        low === undefined
          ? thresholds
          : { low, medium: Math.max(low, thresholds.medium), high: Math.max(low, thresholds.high) },
    };
  };
  const models = Object.fromEntries(MODEL_NAMES.map((name) => [name, adjusted(name)])) as Policy['models'];
  return { ...policy, models };
}
