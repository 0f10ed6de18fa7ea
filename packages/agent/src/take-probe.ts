import { availableParallelism } from 'node:os';
import {
  adoptProbe,
  CAPABILITIES,
  checkMachine,
  defaultRingBytes,
  execWithoutPrivileges,
  type Probe,
} from '@connscan/probe';
import { openDataDirectory } from '@connscan/program';
import { requireMachine } from './doctor.ts';
import { HAND_OVER, type HandOver, readHandOver } from './hand-over.ts';
import { takeScope } from './netns-scope.ts';
import { openAgentProbe } from './open-agent-probe.ts';
import { SMALL_RUNTIME } from './resources/small-runtime.ts';
import { readShardSeed } from './shard-seed.ts';
import type { AgentOptions } from './start-agent.ts';

export type TakeProbeOptions = Pick<AgentOptions, 'config' | 'scope' | 'data'>;

/**
 * The probe of a running agent, without the privileges that loading it takes. The process that was started loads it and
 * becomes the same program once more, with no capability in any thread but those that the config keeps; that one goes on
 * with the probe. Throws UNSUPPORTED_MACHINE, SCOPE_IN_USE, DATA_DIRECTORY_*, PROBE_REFUSED.
 */
export async function takeProbe({ config, scope, data }: TakeProbeOptions): Promise<Probe> {
  const handedOver = readHandOver(process.env);
  if (handedOver) {
    delete process.env[HAND_OVER];
    return adoptProbe(handedOver.fds);
  }
  requireMachine(checkMachine(defaultRingBytes(1, availableParallelism())));
  // Held until the exec, which frees them, so that a second agent does not even load its probe.
  await takeScope(scope);
  const directory = await openDataDirectory(data);
  const seed = await readShardSeed(directory.path);
  const fds = openAgentProbe(config, scope, seed).handOver();
  const args = [...SMALL_RUNTIME.flags, ...process.execArgv, ...process.argv.slice(1)];
  const handing = {
    ...SMALL_RUNTIME.env,
    ...definedOf(process.env),
    [HAND_OVER]: JSON.stringify({ fds, scope } satisfies HandOver),
  };
  const keep = config.snapshotPrivileges ? [CAPABILITIES.sysPtrace, CAPABILITIES.dacReadSearch] : [];
  return execWithoutPrivileges(process.execPath, args, handing, fds, { keep });
}

function definedOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
