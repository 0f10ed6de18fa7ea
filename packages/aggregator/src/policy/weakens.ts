import { containsCidr, type Exception, type HabitRule, type Override, type Policy, parseCidr } from '@connscan/model';

/** Whether the second value makes the fleet see less than the first. */
type Weakens = (before: unknown, after: unknown) => boolean;

const higher: Weakens = (before, after) => (after as number) > (before as number);
const lower: Weakens = (before, after) => (after as number) < (before as number);
const switchedOff: Weakens = (before, after) => before === true && after === false;
const switchedOn: Weakens = (before, after) => before === false && after === true;

/** By the last words of the path of a setting. What is not named here makes nobody see less. */
const SETTINGS: readonly (readonly [end: string, Weakens])[] = [
  ['internalCidrs', (before, after) => !holdsAll(after as readonly string[], before as readonly string[])],
  ['maxOriginatorBytes', lower],
  ['maxLifetimeSeconds', lower],
  ['enabled', switchedOff],
  ['cadence.enabled', switchedOn],
  ['cadence.probationSeconds', lower],
  ['cadence.forgetSeconds', higher],
  ['countEmptyClose', switchedOff],
  ['rollupPeriodSeconds', lower],
  ['confirmSeconds', higher],
  ['warmUpSeconds', higher],
  ['slow.services', higher],
  ['slow.periodSeconds', lower],
  ['thresholds.low', higher],
  ['thresholds.medium', higher],
  ['thresholds.high', higher],
  ['corroborated.abortedServices', higher],
  ['corroborated.failedServices', higher],
];

/** Whether a change of one setting makes the fleet see less; the path is that of policyDiff. */
export function settingWeakens(path: string, before: unknown, after: unknown): boolean {
  const known = SETTINGS.filter(([end]) => path === end || path.endsWith(`.${end}`));
  // The longest end is the one that is meant: `cadence.enabled` ends with `enabled`.
  const [, weakens] = known.toSorted(([one], [other]) => other.length - one.length)[0] ?? [];
  return weakens?.(before, after) ?? false;
}

/** An exception is new, takes what it did not take before, or holds for longer. */
export function exceptionWeakens(before: Exception | undefined, after: Exception | undefined): boolean {
  if (!after) return false;
  if (!before) return true;
  const endOf = ({ expiresAt }: Exception) =>
    expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
  return (
    isWider(before.sources, after.sources, holdsAll) ||
    isWider(before.targets, after.targets, holdsAll) ||
    isWider(before.ports, after.ports, hasAll) ||
    isWider(before.processes, after.processes, hasAll) ||
    endOf(after) > endOf(before)
  );
}

/** A service that did not count by the word of an administrator, or counted by it. */
export function habitWeakens(before: HabitRule | undefined, after: HabitRule | undefined): boolean {
  return (before?.decision !== 'pinned' && after?.decision === 'pinned') || (before?.decision === 'revoked' && !after);
}

/**
 * Overrides of a model are judged together: the last that takes a source holds, so what one of them does hangs on the others. One
 * that is new or wider must be no laxer than what is for all, and one that is gone or narrower no stricter.
 */
export function overrideWeakens(
  before: Override | undefined,
  after: Override | undefined,
  settings: Pick<Policy['models']['connscan_internal_internal'], 'thresholds' | 'corroborated' | 'slow'>,
): boolean {
  const [old, young] = [limitsOf(before, settings), limitsOf(after, settings)];
  const isLaxer = (one: readonly number[], other: readonly number[]) =>
    one.some((limit, index) => limit > other[index]!);
  if (isLaxer(young, old)) return true;
  const common = limitsOf(undefined, settings);
  const isWidened = before && after && !holdsAll(before.sources, after.sources);
  const isNarrowed = before && after && !holdsAll(after.sources, before.sources);
  return Boolean((isWidened && isLaxer(young, common)) || (isNarrowed && isLaxer(common, old)));
}

function limitsOf(
  override: Override | undefined,
  settings: Pick<Policy['models']['connscan_internal_internal'], 'thresholds' | 'corroborated' | 'slow'>,
): number[] {
  const { low, medium, high } = override?.thresholds ?? settings.thresholds;
  const { abortedServices, failedServices } = override?.corroborated ?? settings.corroborated;
  return [low, medium, high, abortedServices, failedServices, override?.slow?.services ?? settings.slow.services];
}

/** A scope that is left out takes everything. */
function isWider<Value>(
  before: readonly Value[] | undefined,
  after: readonly Value[] | undefined,
  has: (outer: readonly Value[], inner: readonly Value[]) => boolean,
): boolean {
  if (!before) return false;
  return !after || !has(before, after);
}

function holdsAll(outer: readonly string[], inner: readonly string[]): boolean {
  const ranges = outer.map((text) => parseCidr(text)!);
  return inner.every((text) => ranges.some((range) => containsCidr(range, parseCidr(text)!)));
}

function hasAll<Value>(outer: readonly Value[], inner: readonly Value[]): boolean {
  return inner.every((value) => outer.includes(value));
}
