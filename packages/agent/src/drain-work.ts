import { enabledModels, type ModelName, type Policy, policyHash } from '@connscan/model';
import type { DrainWork, ShardMemory } from './drain-task.ts';
import { OWNER_TABLE_BYTES } from './owner-table.ts';
import { SERVICE_TABLE_BYTES } from './service-table.ts';

export type WorkOptions = {
  readonly shards: number;
  /** See DetectionOrigin. */
  readonly idScope: string;
  /** Tables of a model and shard to go on with, or empty ones. */
  readonly createTables: (model: ModelName, shard: number) => Promise<WebAssembly.Memory>;
};

/** The work that shards begin with. `mixedRings`: whether the probe has recorded by another policy so far. */
export async function createFirstWork(policy: Policy, mixedRings: boolean, options: WorkOptions): Promise<DrainWork> {
  const shards = Array.from({ length: options.shards }, () => ({
    detectors: [],
    owners: new SharedArrayBuffer(OWNER_TABLE_BYTES),
    services: new SharedArrayBuffer(SERVICE_TABLE_BYTES),
  }));
  return createWork(0, policy, mixedRings, new Map(), shards, options);
}

/** The work that follows another: models that stay keep their tables. */
export async function createNextWork(before: DrainWork, policy: Policy, options: WorkOptions): Promise<DrainWork> {
  const kept = new Map(enabledModels(before.policy).map(({ model }, index) => [model.name, index]));
  const mixed = before.mixedRings || !recordsAlike(before.policy, policy);
  return createWork(before.generation + 1, policy, mixed, kept, before.shards, options);
}

/** Whether the probe records connections of the same sides. */
export function recordsAlike(one: Policy, other: Policy): boolean {
  const sides = (policy: Policy) => [policy.internalCidrs.toSorted(), enabledModels(policy).map(({ model }) => model)];
  return JSON.stringify(sides(one)) === JSON.stringify(sides(other));
}

async function createWork(
  generation: number,
  policy: Policy,
  mixedRings: boolean,
  /** Index of each model that has tables. */
  kept: ReadonlyMap<ModelName, number>,
  memories: readonly ShardMemory[],
  { idScope, createTables }: WorkOptions,
): Promise<DrainWork> {
  const models = enabledModels(policy).map(({ model }) => model.name);
  const shards = await Promise.all(
    memories.map(async ({ detectors, ...memory }, shard): Promise<ShardMemory> => {
      const tables = models.map((model) => detectors[kept.get(model) ?? -1] ?? createTables(model, shard));
      return { ...memory, detectors: await Promise.all(tables) };
    }),
  );
  return { generation, policy, origin: { idScope, policyHash: policyHash(policy) }, mixedRings, shards };
}
