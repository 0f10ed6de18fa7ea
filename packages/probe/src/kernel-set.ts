import type { Native } from './native.ts';
import { orRefuse } from './refuse.ts';

/** A map of the probe used as a set: what it has is known here alone. */
export type KernelSet = {
  /** Replaces the elements; one in both is never absent. */
  replace(keys: readonly Uint8Array[]): void;
  /** The elements in hexadecimal, as `createKernelSet` takes them. */
  elements(): string[];
};

const PRESENT = Uint8Array.of(1);

/** A set in the kernel that holds `present` now. */
export function createKernelSet(native: Native, map: number, present: readonly string[]): KernelSet {
  const held = new Set(present);
  return {
    replace(keys) {
      const wanted = new Map(keys.map((key) => [Buffer.from(key).toString('hex'), key]));
      for (const [name, key] of wanted) {
        if (held.has(name)) continue;
        orRefuse(() => native.setElement(map, key, PRESENT));
        held.add(name);
      }
      for (const name of held) {
        if (wanted.has(name)) continue;
        orRefuse(() => native.deleteElement(map, Buffer.from(name, 'hex')));
        held.delete(name);
      }
    },
    elements: () => [...held],
  };
}
