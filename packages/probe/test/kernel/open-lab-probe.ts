import { randomBytes } from 'node:crypto';
import { parseCidr } from '@connscan/model';
import { openProbe, type Probe, type ProbeOptions } from '../../src/probe.ts';

/** A probe with one ring for the hosts of a lab. */
export function openLabProbe(options: Partial<ProbeOptions> = {}): Probe {
  return openProbe({
    shards: 1,
    ringBytes: 2 ** 20,
    internalCidrs: ['10.77.0.0/24', 'fd77::/64'].map((text) => parseCidr(text)!),
    maxOriginatorBytes: 16,
    maxLifetimeSeconds: 60,
    random: randomBytes,
    ...options,
  });
}
