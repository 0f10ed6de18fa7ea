import { enabledModels, type Policy, parseCidr } from '@connscan/model';
import type { Probe, ProbeOptions } from '@connscan/probe';

/** What a probe records by a policy. */
export function probeSettings(policy: Policy): Pick<ProbeOptions, 'internalCidrs' | keyof Limits> {
  const { internalCidrs, maxOriginatorBytes, maxLifetimeSeconds } = policy;
  return {
    internalCidrs: internalCidrs.map((cidr) => parseCidr(cidr)!),
    maxOriginatorBytes,
    maxLifetimeSeconds,
    sides: enabledModels(policy).map(({ model }) => model),
  };
}

type Limits = Parameters<Probe['setLimits']>[0];

/**
 * Lets a probe that is attached record by a policy; it takes no privilege. Throws PROBE_REFUSED where the kernel does not let
 * go: before 5.19, if `unprivileged_bpf_disabled` is set. Ranges come first, so that nothing has changed then.
 */
export function setProbePolicy(probe: Pick<Probe, 'setInternal' | 'setLimits'>, policy: Policy): void {
  const { internalCidrs, ...limits } = probeSettings(policy);
  probe.setInternal(internalCidrs);
  probe.setLimits(limits);
}
