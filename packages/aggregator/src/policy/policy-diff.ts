import { isDeepStrictEqual } from 'node:util';
import { MODEL_NAMES, type ModelName, type Policy } from '@connscan/model';
import { exceptionWeakens, habitWeakens, overrideWeakens, settingWeakens } from './weakens.ts';

/** One setting in which two policies differ. */
export type PolicyChange = {
  /** Such as `models.connscan_internal_internal.thresholds.low` or `exceptions.backup`. */
  readonly path: string;
  /** Undefined for what was not there, such as an exception. */
  readonly before: unknown;
  readonly after: unknown;
  /** The fleet sees less by it. */
  readonly weakens: boolean;
};

/** Every setting in which the second policy differs, in the order of the schema. */
export function policyDiff(before: Policy, after: Policy): PolicyChange[] {
  const { models: oldModels, exceptions: oldExceptions, habits: oldHabits, ...old } = before;
  const { models, exceptions, habits, ...young } = after;
  return [
    ...settingChanges('', old, young),
    ...MODEL_NAMES.flatMap((name) => modelChanges(name, oldModels[name], models[name])),
    ...listChanges('exceptions', oldExceptions, exceptions, ({ name }) => name, exceptionWeakens),
    ...listChanges(
      'habits',
      oldHabits,
      habits,
      ({ source, destination, port }) => `${source} ${destination} ${port}`,
      habitWeakens,
    ),
  ];
}

function modelChanges(name: ModelName, before: Policy['models'][ModelName], after: Policy['models'][ModelName]) {
  const { overrides: oldOverrides, ...old } = before;
  const { overrides, ...young } = after;
  const path = `models.${name}`;
  const changes = listChanges(
    `${path}.overrides`,
    oldOverrides,
    overrides,
    (override) => override.name,
    (one, other) => overrideWeakens(one, other, after),
  );
  const namesOf = (list: typeof overrides) => list.map((override) => override.name);
  const [oldNames, names] = [namesOf(oldOverrides), namesOf(overrides)];
  // The last one that takes a source holds: in another order another one does.
  const isReordered = changes.length === 0 && !isDeepStrictEqual(oldNames, names);
  return [
    ...settingChanges(`${path}.`, old, young),
    ...changes,
    ...(isReordered ? [{ path: `${path}.overrides`, before: oldNames, after: names, weakens: true }] : []),
  ];
}

function settingChanges(path: string, before: object, after: object): PolicyChange[] {
  const values = new Map(Object.entries(before));
  return Object.entries(after).flatMap(([name, value]) => {
    const old = values.get(name);
    if (isDeepStrictEqual(old, value)) return [];
    if (isObject(old) && isObject(value)) return settingChanges(`${path}${name}.`, old, value);
    return [{ path: path + name, before: old, after: value, weakens: settingWeakens(path + name, old, value) }];
  });
}

function listChanges<Entry>(
  path: string,
  before: readonly Entry[],
  after: readonly Entry[],
  keyOf: (entry: Entry) => string,
  weakens: (before: Entry | undefined, after: Entry | undefined) => boolean,
): PolicyChange[] {
  const old = new Map(before.map((entry) => [keyOf(entry), entry]));
  const young = new Map(after.map((entry) => [keyOf(entry), entry]));
  return [...new Set([...old.keys(), ...young.keys()])].flatMap((key) => {
    const [one, other] = [old.get(key), young.get(key)];
    if (isDeepStrictEqual(one, other)) return [];
    return [{ path: `${path}.${key}`, before: one, after: other, weakens: weakens(one, other) }];
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
