import { createModelReplay, createSameVisit } from '@connscan/detector';
import { outcomeCode, type Policy, parseAddress } from '@connscan/model';
import { sql } from 'kysely';
import { saveSightings } from '../src/store/save-sightings.ts';
import type { Database } from '../src/store/schema.ts';
import { createSightingBatch } from '../src/store/sighting-batch.ts';
import type { WhatIf, WhatIfOptions, WhatIfs } from '../src/tuning/create-what-ifs.ts';
import type { ReplayedDetection } from '../src/tuning/what-if-task.ts';
import type { TestSighting } from './histories.ts';
import { AGENT_ID, OTHER_AGENT_ID } from './rows.ts';

const HOUR_MS = 3_600_000;
const AGENTS = [AGENT_ID, OTHER_AGENT_ID];

/** Sightings as the engine takes them: addresses are read once, as that takes most of the time. */
export type Rows = readonly {
  readonly words: Int32Array;
  readonly port: number;
  readonly outcome: number;
  readonly atMs: number;
  readonly sensor: number;
}[];

/** Makes a history the only one that there is. */
export async function keepHistory(db: Database, sightings: readonly TestSighting[]): Promise<Rows> {
  await sql`truncate sightings, sighting_hours`.execute(db);
  // Not in the order of time, as what waited in a spool.
  const rows = [...sightings.slice(sightings.length / 2), ...sightings.slice(0, sightings.length / 2)];
  const told = AGENTS.map((agentId, sensor) =>
    createSightingBatch(
      agentId,
      rows.filter((row) => row.sensor === sensor),
    ),
  );
  await db.transaction().execute((transaction) => saveSightings(transaction, told));
  return rowsOf(sightings);
}

function rowsOf(sightings: readonly TestSighting[]): Rows {
  const bytes = new Map<string, Uint8Array>();
  for (const { source, destination } of sightings) {
    for (const address of [source, destination]) if (!bytes.has(address)) bytes.set(address, parseAddress(address)!);
  }
  return sightings.map(({ source, destination, port, outcome, lastSeenMs, sensor }) => {
    const words = new Int32Array(Uint8Array.from([...bytes.get(source)!, ...bytes.get(destination)!]).buffer);
    return { words, port, outcome: outcomeCode(outcome), atMs: lastSeenMs, sensor };
  });
}

/** What the engine of `connscan replay` finds in the same rows, in whole hours. */
export function replayRows(rows: Rows, policy: Policy): ReplayedDetection[] {
  const detections: ReplayedDetection[] = [];
  const engine = createModelReplay({
    policy,
    key: [7, 9],
    onDetection: (detection) => void detections.push(detection),
  });
  const sameVisit = createSameVisit({ key: [7, 9] });
  engine.moveTo(Math.floor(rows[0]!.atMs / HOUR_MS) * HOUR_MS);
  for (const { words, port, outcome, atMs, sensor } of rows) {
    engine.moveTo(atMs);
    if (sameVisit.isRepeated(words, 0, 4, port, outcome, atMs, sensor)) continue;
    engine.observe(words, 0, 4, port, outcome, atMs);
  }
  engine.moveTo((Math.floor(rows.at(-1)!.atMs / HOUR_MS) + 1) * HOUR_MS);
  engine.end();
  return detections;
}

/** A what-if when it is over. */
export async function runToEnd(whatIfs: WhatIfs, options: WhatIfOptions): Promise<WhatIf> {
  const { id } = whatIfs.start(options)!;
  let latest: WhatIf | undefined;
  for await (const whatIf of whatIfs.follow(id)!) latest = whatIf;
  return latest!;
}
