import { createRequire } from 'node:module';

/** What `load` may load beside the plain probe: bits of `enum feature` in native/probe.c. */
export const FEATURES = {
  attribution: 1 << 0,
  paths: 1 << 1,
  refused: 1 << 2,
  trace: 1 << 3,
  listeners: 1 << 4,
} as const;

/** The file descriptors of a loaded probe; the caller closes them. Programs are named as in bpf/connscan.bpf.c. */
export type Loaded = {
  readonly counters: number;
  readonly cells: number;
  readonly settings: number;
  readonly internal: number;
  readonly scope: number;
  readonly processes: number;
  readonly processEntries: number;
  readonly programs: Readonly<Record<string, number>>;
  readonly rings: readonly number[];
};

/** What native/*.c offers. Errors carry the name of the errno as their code, and libbpf's last lines in the message. */
export type Native = {
  readonly pageBytes: number;
  /** Microseconds of a kernel tick. */
  readonly tickUs: number;
  bootTimeNs(): bigint;
  /** Fills `result`; what it holds when this throws is to be closed as well. */
  load(shards: number, ringBytes: number, seed: bigint, features: number, result: Partial<Loaded>): void;
  /** Returns the file descriptor that keeps the program attached. */
  attach(program: number): number;
  /** Runs an iterator once. */
  iterate(program: number): void;
  recursionMisses(program: number): number;
  setElement(map: number, key: Uint8Array, value: Uint8Array): void;
  deleteElement(map: number, key: Uint8Array): void;
  /** Throws unless it is a BPF object; it does not pass another exec. */
  takeOver(fd: number): void;
  close(fd: number): void;
  exec(
    file: string,
    args: readonly string[],
    environment: readonly string[],
    fds: readonly number[],
    uid: number,
    gid: number,
    /** Capabilities, a bit for each. */
    kept: number,
  ): never;
  map(fd: number, offset: number, bytes: number, writable: boolean): ArrayBuffer;
  unmap(pages: ArrayBuffer): void;
};

const require = createRequire(import.meta.url);

/** Loads the binding on first use, so that the doctor runs on a machine where it cannot load. */
export function loadNative(): Native {
  return require('../build/connscan.node') as Native;
}
