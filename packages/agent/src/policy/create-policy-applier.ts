import { enabledModels, type Policy } from '@connscan/model';
import type { Probe } from '@connscan/probe';
import type { DrainLoop } from '../drain-loop.ts';
import type { DrainPool } from '../drain-pool.ts';
import type { DrainWork } from '../drain-task.ts';
import { createNextWork, type WorkOptions } from '../drain-work.ts';
import { setProbePolicy } from './set-probe-policy.ts';

export type PolicyApplierOptions = {
  readonly probe: Pick<Probe, 'setInternal' | 'setLimits'>;
  readonly pool: Pick<DrainPool, 'use'>;
  readonly loop: Pick<DrainLoop, 'change'>;
  /** What the shards work by now. */
  readonly work: DrainWork;
  readonly options: WorkOptions;
};

/**
 * Brings shards and probe to a policy, one call after the other. The shards come first: what the probe records by the new
 * ranges is judged by them, and what is in the rings already goes by its addresses. If the kernel refuses, the shards go back,
 * and the call rejects.
 */
export function createPolicyApplier({ probe, pool, loop, work: first, options }: PolicyApplierOptions) {
  let work = first;

  async function change(policy: Policy): Promise<void> {
    const leaves = enabledModels(work.policy).some(({ model }) => !policy.models[model.name].enabled);
    work = await createNextWork(work, policy, options);
    pool.use(work);
    // A model that leaves goes on from its snapshot when it comes back.
    await loop.change(work.generation, leaves);
  }

  return async function applyPolicy(policy: Policy): Promise<void> {
    const before = work.policy;
    await change(policy);
    try {
      setProbePolicy(probe, policy);
    } catch (error) {
      await change(before);
      setProbePolicy(probe, before);
      throw error;
    }
  };
}
