import { createHash } from 'node:crypto';
import type { Database, PolicyRow } from '../store/schema.ts';
import { findPolicies } from './save-policies.ts';

/** Reach of a document that holds for every agent that it fits. */
export const EVERYBODY = 1_000_000;

/** The documents as they are now. */
export type Documents = {
  /** Every one that ever was, the latest first. */
  readonly rows: readonly PolicyRow[];
  /** Where some reach only a part of the agents: between two of these, all agents have the same. Rising, the last is EVERYBODY. */
  readonly reaches: readonly number[];
  /** The highest version that was ever given. */
  readonly highest: number;
};

/** What is in force for the agents of one place. */
export type InForce = {
  /** The latest of each name. */
  readonly documents: readonly PolicyRow[];
  /** That of the newest; 0 if there is none. */
  readonly version: number;
};

export async function loadDocuments(db: Database): Promise<Documents> {
  const rows = await findPolicies(db);
  const reaches = rows.filter(({ withdrawn }) => withdrawn === null).map(({ reach }) => reach);
  return {
    rows,
    reaches: [...new Set([...reaches, EVERYBODY])].sort((a, b) => a - b),
    highest: rows[0]?.version ?? 0,
  };
}

/** The place of an agent among a million, the same each time: the first places get what is new first. */
export function placeOf(agentId: string): number {
  return createHash('sha256').update(agentId).digest().readUIntBE(0, 6) % EVERYBODY;
}

/** Of agents at this place. Without one: what holds for everybody. */
export function inForceAt({ rows }: Documents, place = EVERYBODY - 1): InForce {
  return latestOf(rows.filter(({ withdrawn, reach }) => withdrawn === null && reach > place));
}

/** As it is, or would be, when no later document than this version is in force. */
export function inForceAsOf({ rows }: Documents, version: number): InForce {
  return latestOf(
    rows.filter(
      (row) => row.version === version || (row.version < version && row.withdrawn === null && row.reach === EVERYBODY),
    ),
  );
}

function latestOf(standing: readonly PolicyRow[]): InForce {
  const documents = [...Map.groupBy(standing, ({ name }) => name).values()].map(([latest]) => latest!);
  return { documents, version: standing[0]?.version ?? 0 };
}
