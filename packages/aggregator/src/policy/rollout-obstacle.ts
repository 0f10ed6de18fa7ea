import type { Labels, PolicyRow, RolloutRow } from '../store/schema.ts';
import type { Documents } from './documents.ts';

/** Why a document cannot be rolled out now, beside those that are; undefined if it can. */
export function rolloutObstacle(
  draft: PolicyRow,
  { rows }: Documents,
  open: readonly RolloutRow[],
): string | undefined {
  const { version, name, selector } = draft;
  if (draft.withdrawn !== null) return `version ${version} was withdrawn`;
  if (draft.reach > 0 || open.some((rollout) => rollout.version === version)) return `version ${version} is no draft`;
  const newer = rows.find((row) => row.name === name && row.withdrawn === null && row.reach > 0);
  if (newer && newer.version > version) {
    return `version ${newer.version} of ${name} is newer and in force: set the draft anew`;
  }
  const other = open
    .map((rollout) => documentOf(rollout, { rows }))
    .find((row) => row.name === name || mayMeet(row.selector, selector));
  // Nobody could say whose detections they are.
  return (
    other && `version ${other.version} is being rolled out to some of the same agents: let it end, or roll it back`
  );
}

/** Whether an agent may have the labels of both. */
function mayMeet(one: Labels, other: Labels): boolean {
  return Object.entries(one).every(([name, value]) => (other[name] ?? value) === value);
}

/** The document of a roll-out. */
export function documentOf({ version }: Pick<RolloutRow, 'version'>, { rows }: Pick<Documents, 'rows'>): PolicyRow {
  return rows.find((row) => row.version === version)!;
}
