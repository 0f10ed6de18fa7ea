import { OVERRIDE_SHIFT, S_FLAGS_HALF, SOURCE_OVERRIDE } from '../src/layout.ts';
import { overrideOf, useCounts } from './rules.ts';
import { halves } from './tables.ts';

/** A policy as src/limits.ts makes it, which sets these: times are in milliseconds. */
export let windowMs: f64 = 0;
export let updateMs: f64 = 0;
export let confirmMs: f64 = 0;
export let warmUpMs: f64 = 0;
export let changeMs: f64 = 0;
export let slowMs: f64 = 0;
export let cadence: i32 = 0;
export let probationMs: f64 = 0;
export let forgetMs: f64 = 0;
/** Four bits by the code of an outcome, the class that it counts as; 0 for a code that names none. */
export let classes: i32 = 0;
/** Whether there are rules at all; which ones they are, and which exceptions. */
export let hasRules: i32 = 0;
export let rulesTag: i32 = 0;
export let exceptionsTag: i32 = 0;

/** Whether anyone is told of sightings: what is untold keeps its place. */
export let tellsSightings: i32 = 1;

/** Whether there are overrides at all. */
export let hasOverrides: i32 = 0;

/** How many services are too many for the source at work, and by which override; see useOf. */
export let low: i32 = 0;
export let medium: i32 = 0;
export let high: i32 = 0;
export let corroboratedAborted: i32 = 0;
export let corroboratedFailed: i32 = 0;
export let slow: i32 = 0;
export let overrideInUse: i32 = 0;

/** Due before a source is judged: its limits may be others than those of the source before. */
export function useOf(source: i32): void {
  const own = (halves[(source << 5) + S_FLAGS_HALF] & SOURCE_OVERRIDE) >> OVERRIDE_SHIFT;
  if (own === overrideInUse) return;
  overrideInUse = own;
  useCounts(own);
}

/** Looks up the override of a source, new or under a new policy. */
export function lookUpOverride(source: i32): void {
  const flags = (source << 5) + S_FLAGS_HALF;
  const own = hasOverrides ? overrideOf(source << 4) << OVERRIDE_SHIFT : 0;
  halves[flags] = (halves[flags] & ~SOURCE_OVERRIDE) | own;
}

/** Whether few aborted services stand beside so many failed ones that they are a scan all the same. */
export function isCorroborated(aborted: i32, failed: i32): bool {
  return aborted >= corroboratedAborted && failed >= corroboratedFailed;
}

/** Whether a source with these counts of services is over its limits: an episode starts and goes on. */
export function isOver(aborted: i32, failed: i32, ofSlow: i32): bool {
  return aborted >= low || ofSlow >= slow || isCorroborated(aborted, failed);
}
