import type { ModelPolicy } from '@connscan/model';
import { type Shard, viewShard } from '../src/shard.ts';
import { isProcess } from './policies.ts';

/** Thrown where a mortal shard's worker dies. */
export const DEATH = new Error('the worker died');

/** A shard whose worker dies before its n-th store. */
export function mortal(buffer: SharedArrayBuffer, storesLeft: number, policy: ModelPolicy): Shard {
  const shard = viewShard(buffer, policy, isProcess);
  let left = storesLeft;
  const guard = <T extends object>(view: T): T =>
    new Proxy(view, {
      get(target, property) {
        const value = Reflect.get(target, property);
        return typeof value === 'function' ? value.bind(target) : value;
      },
      set(target, property, value) {
        if (left-- === 0) throw DEATH;
        return Reflect.set(target, property, value);
      },
    });
  return { ...shard, words: guard(shard.words), halves: guard(shard.halves), times: guard(shard.times) };
}
