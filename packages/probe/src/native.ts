import { createRequire } from 'node:module';

/** A loaded probe, opaque. */
type ProbeHandle = { readonly handle: unique symbol };

/** What native/*.c offers. Errors carry the name of the errno as their code, and libbpf's last lines in the message. */
export type Native = {
  readonly pageBytes: number;
  bootTimeNs(): bigint;
  open(
    shards: number,
    ringBytes: number,
    seed: bigint,
  ): { handle: ProbeHandle; rings: number[]; counters: number; cpus: number };
  attach(handle: ProbeHandle): void;
  detach(handle: ProbeHandle): void;
  close(handle: ProbeHandle): void;
  setLimits(handle: ProbeHandle, maxOriginatorBytes: number, maxLifetimeSeconds: number): void;
  addInternal(handle: ProbeHandle, address: Uint8Array, prefixBits: number): void;
  removeInternal(handle: ProbeHandle, address: Uint8Array, prefixBits: number): void;
  recursionMisses(handle: ProbeHandle): number;
  map(fd: number, offset: number, bytes: number, writable: boolean): ArrayBuffer;
  unmap(pages: ArrayBuffer): void;
};

const require = createRequire(import.meta.url);

/** Loads the binding on first use, so that the doctor runs on a machine where it cannot load. */
export function loadNative(): Native {
  return require('../build/connscan.node') as Native;
}
