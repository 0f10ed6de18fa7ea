import { type ModelPolicy, parseAddress, parseCidr } from '@connscan/model';
import type { IsProcess } from './shard.ts';

/** An address range as words of addresses: what to look at, and what must be there. */
type Range = { readonly mask: Int32Array; readonly value: Int32Array };

type CompiledException = {
  /** In the policy's list. */
  readonly index: number;
  readonly sources: readonly Range[] | undefined;
  readonly targets: readonly Range[] | undefined;
  readonly ports: ReadonlySet<number> | undefined;
  readonly processes: readonly string[] | undefined;
  /** Wall-clock milliseconds. */
  readonly expiresMs: number;
};

type CompiledHabit = {
  readonly source: Int32Array;
  readonly destination: Int32Array;
  readonly port: number;
  readonly pinned: boolean;
};

/** Exceptions, habits and overrides of a policy as the hot path wants them. */
export type Rules = {
  /** The sources of each override. */
  readonly overrides: readonly (readonly Range[])[];
  readonly exceptions: readonly CompiledException[];
  readonly habits: readonly CompiledHabit[];
  /** Which policy's these are, never 0: sources remember for which rules they were looked up. The lowest bit is free. */
  readonly tag: number;
  /** The same of the exceptions alone. */
  readonly exceptionsTag: number;
};

/** Compiles the rules of a policy. */
export function rulesOf({ exceptions, habits, overrides }: ModelPolicy): Rules {
  return {
    overrides: overrides.map(({ sources }) => sources.map(rangeOf)),
    exceptions: exceptions.map((exception, index) => ({
      index,
      sources: exception.sources?.map(rangeOf),
      targets: exception.targets?.map(rangeOf),
      ports: exception.ports && new Set(exception.ports),
      processes: exception.processes,
      expiresMs: exception.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(exception.expiresAt),
    })),
    habits: habits.map(({ source, destination, port, decision }) => ({
      source: wordsOf(parseAddress(source)!),
      destination: wordsOf(parseAddress(destination)!),
      port,
      pinned: decision === 'pinned',
    })),
    tag: tagOf(JSON.stringify([exceptions, habits])),
    exceptionsTag: tagOf(JSON.stringify(exceptions)),
  };
}

/** FNV-1a, made even and not 0. */
function tagOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash & ~1 || 2;
}

function rangeOf(text: string): Range {
  const { bytes, prefixBits } = parseCidr(text)!;
  const mask = Uint8Array.from(
    { length: 16 },
    (_, index) => 0xff00 >> Math.min(8, Math.max(0, prefixBits - index * 8)),
  );
  return { mask: wordsOf(mask), value: wordsOf(bytes) };
}

function wordsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(Uint8Array.from(bytes).buffer);
}

type Words = ArrayLike<number>;

/** Whether any rule could concern this source. */
export function concerns({ exceptions, habits }: Rules, words: Words, at: number): boolean {
  for (const { sources } of exceptions) if (isWithin(sources, words, at)) return true;
  for (const { source } of habits) if (isSame(source, words, at)) return true;
  return false;
}

/** Which override takes this source, from 1, the last of several; 0 if none does. */
export function overrideOf({ overrides }: Rules, words: Words, at: number): number {
  return overrides.findLastIndex((sources) => isWithin(sources, words, at)) + 1;
}

/** The index of the first exception that takes the connection, -1 if none does. */
export function exceptionOf(
  { exceptions }: Rules,
  words: Words,
  sourceAt: number,
  destinationAt: number,
  port: number,
  wallMs: number,
  process: number,
  isProcess: IsProcess,
): number {
  for (const { index, sources, targets, ports, processes, expiresMs } of exceptions) {
    if (wallMs >= expiresMs || (ports && !ports.has(port))) continue;
    if (!isWithin(sources, words, sourceAt) || !isWithin(targets, words, destinationAt)) continue;
    if (processes && (process === 0 || !isProcess(process, processes))) continue;
    return index;
  }
  return -1;
}

/** 1 if an administrator pinned this service of this source, -1 if it was revoked, else 0. The last rule wins. */
export function decisionOf(
  { habits }: Rules,
  words: Words,
  sourceAt: number,
  destinationAt: number,
  port: number,
): -1 | 0 | 1 {
  for (let at = habits.length - 1; at >= 0; at--) {
    const habit = habits[at]!;
    if (habit.port !== port) continue;
    if (isSame(habit.source, words, sourceAt) && isSame(habit.destination, words, destinationAt)) {
      return habit.pinned ? 1 : -1;
    }
  }
  return 0;
}

function isWithin(ranges: readonly Range[] | undefined, words: Words, at: number): boolean {
  if (!ranges) return true;
  for (const { mask, value } of ranges) {
    if (
      (words[at]! & mask[0]!) === value[0] &&
      (words[at + 1]! & mask[1]!) === value[1] &&
      (words[at + 2]! & mask[2]!) === value[2] &&
      (words[at + 3]! & mask[3]!) === value[3]
    ) {
      return true;
    }
  }
  return false;
}

function isSame(address: Int32Array, words: Words, at: number): boolean {
  return (
    (words[at]! | 0) === address[0] &&
    (words[at + 1]! | 0) === address[1] &&
    (words[at + 2]! | 0) === address[2] &&
    (words[at + 3]! | 0) === address[3]
  );
}
