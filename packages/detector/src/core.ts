/// <reference path="./web-assembly.d.ts" />
import { readFileSync } from 'node:fs';

/**
 * The functions of the module that assembly/ is compiled to: all that changes the tables while records are observed. Sources
 * and episodes are lines, entries and addresses words of the memory, as layout.ts says.
 */
export type Core = {
  /** The first `records` records of the batch in the header. */
  observeMany(records: number): void;
  /**
   * The records of the batch from one on, in the time of a replay. Returns how many are done, fewer when it is to stop;
   * when there are alerts to take before the next one, minus that and minus one.
   */
  observeInTime(from: number, records: number): number;
  advance(nowMs: number, wallOffsetMs: number): void;
  /** The last step of a replay's time. */
  setStep(atMs: number): void;
  /** So many services make a replay stop. */
  setStop(services: number): void;
  /** Fewer of them and no episode are quiet, at R_QUIET; whether a replay stops there. */
  setQuiet(services: number, stops: number): void;
  /** A replayed line ended at this time; 0 if there are alerts to take before time goes on. */
  moveTime(atMs: number): number;
  recover(): void;
  clearArena(): void;
  fillArena(): void;
  lookAtAll(): void;
  forgetAll(): void;
  /** Brings a source up to its clock; 1 if nothing was left of it and its place is free now. */
  settle(source: number): number;
  moveClock(source: number): void;
  clockOf(source: number): number;
  findSource(a: number, b: number, c: number, d: number, prefix: number): number;
  unqueueSource(source: number): void;
  entryAt(source: number, slot: number): number;
  shiftOf(source: number): number;
  ageOf(entry: number, clockMs: number): number;
  forget(source: number, slot: number): void;
  giveLine(pool: number, line: number): void;
  hasBeat(cadence: number): number;
  periodOf(cadence: number): number;
  isIpv4(a: number, b: number, c: number): number;
  hsiphash2(key0: number, key1: number, a: number, b: number): number;
  hsiphash5(key0: number, key1: number, a: number, b: number, c: number, d: number, e: number): number;
};

/** What the module asks about the rules of a policy, which may be names and ranges: see assembly/rules.ts. */
export type CoreRules = {
  concerns(sourceAt: number): boolean;
  exceptionOf(sourceAt: number, destinationAt: number, port: number, process: number): number;
  decisionOf(sourceAt: number, destinationAt: number, port: number): number;
  overrideOf(sourceAt: number): number;
  useCounts(override: number): void;
};

/** The module at work on one memory, and what is set in it by name. */
type OpenCore = { readonly core: Core; set(values: Readonly<Record<string, number>>): void };

/** Opens the module on a memory: another thread may have it open too, but only one at a time may be at work. */
export type OpensCore = (memory: WebAssembly.Memory, rules: CoreRules) => OpenCore;

/** Compiles the module; `envOf` gives each of its instances what it imports beside the memory. */
export function compileCore(
  bytes: Uint8Array<ArrayBuffer>,
  envOf: () => WebAssembly.Imports[string] = () => ({}),
): OpensCore {
  const module = new WebAssembly.Module(bytes);
  return (memory, rules) => {
    const { exports } = new WebAssembly.Instance(module, { env: { ...envOf(), memory }, rules });
    return {
      core: exports as unknown as Core,
      set(values) {
        for (const [name, value] of Object.entries(values)) (exports[name] as WebAssembly.Global).value = value;
      },
    };
  };
}

/** Where `npm run build` puts it. */
export const CORE_FILE = new URL('../build/detector.wasm', import.meta.url);

export const openCore: OpensCore = compileCore(readFileSync(CORE_FILE));
