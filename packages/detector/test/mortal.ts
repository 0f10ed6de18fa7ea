import { readFileSync } from 'node:fs';
import type { ModelPolicy } from '@connscan/model';
import binaryen from 'binaryen';
import { CORE_FILE, compileCore } from '../src/core.ts';
import { type Shard, viewShard } from '../src/shard.ts';
import { isProcess } from './policies.ts';

/** Thrown where a mortal shard's worker dies. */
export const DEATH = new Error('the worker died');

/** A shard at work in a worker that dies before one of its stores. */
export type Mortal = {
  readonly shard: Shard;
  /** From now on the worker lives for so many stores. */
  live(stores: number): void;
};

/** The core as it is released, but for a call before every store. */
const INSTRUMENTED = Uint8Array.from(instrument(readFileSync(CORE_FILE)));

export function createMortal(memory: WebAssembly.Memory, policy: ModelPolicy): Mortal {
  let left = 0;
  const count = () => {
    if (left-- === 0) throw DEATH;
  };
  const guard = <T extends object>(view: T): T =>
    new Proxy(view, {
      get(target, property) {
        const value = Reflect.get(target, property);
        return typeof value === 'function' ? value.bind(target) : value;
      },
      set(target, property, value) {
        count();
        return Reflect.set(target, property, value);
      },
    });
  const env = Object.fromEntries(HOOKS.map((hook) => [hook, hook.endsWith('_ptr') ? returnFourth : returnSecond]));
  const openMortalCore = compileCore(INSTRUMENTED, () => ({
    ...env,
    store_ptr(_store: number, _bytes: number, _offset: number, address: number) {
      count();
      return address;
    },
  }));
  const shard = viewShard(memory, policy, { isProcess }, openMortalCore);
  const { words, halves, times } = shard;
  return {
    shard: { ...shard, words: guard(words), halves: guard(halves), times: guard(times) },
    live(stores) {
      left = stores;
    },
  };
}

/** What an instrumented module calls: each is given a value or an address, and returns the one to go on with. */
const HOOKS = [
  'memory_grow_pre',
  'memory_grow_post',
  'array_get_index',
  'array_set_index',
  'load_ptr',
  ...['load', 'store', 'struct_get', 'struct_set', 'array_get', 'array_set'].flatMap((access) =>
    ['i32', 'i64', 'f32', 'f64'].map((type) => `${access}_val_${type}`),
  ),
];

const returnSecond = (_access: number, value: number | bigint) => value;
const returnFourth = (_access: number, _bytes: number, _offset: number, address: number) => address;

function instrument(bytes: Uint8Array): Uint8Array {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(binaryen.Features.All);
  module.runPasses(['instrument-memory']);
  const instrumented = module.emitBinary();
  module.dispose();
  return instrumented;
}
