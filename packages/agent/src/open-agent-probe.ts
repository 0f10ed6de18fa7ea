import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { openProbe, type Probe } from '@connscan/probe';
import type { AgentConfig } from './agent-config.ts';
import type { NetnsScope } from './netns-scope.ts';
import { probeSettings } from './policy/set-probe-policy.ts';

/**
 * Loads the probe as the config asks for it; needs CAP_BPF and CAP_PERFMON. Throws PROBE_REFUSED. `seed` is that of the shards,
 * 8 bytes, any if left out.
 */
export function openAgentProbe(
  { shards, attribution, policy }: AgentConfig,
  netns: NetnsScope,
  seed?: Uint8Array,
): Probe {
  return openProbe({
    shards: shards ?? Math.min(8, availableParallelism()),
    ...probeSettings(policy),
    attribution,
    ...(netns && { netns }),
    random: seed ? () => seed : randomBytes,
  });
}
