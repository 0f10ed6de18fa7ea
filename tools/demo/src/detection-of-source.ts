import { setTimeout as delay } from 'node:timers/promises';
import { askGraphql, type Server } from './ask-graphql.ts';

export type ShownDetection = {
  readonly id: string;
  readonly revision: number;
  readonly model: string;
  readonly source: string;
  readonly severity: string;
  readonly confidence: string;
  readonly state: string;
  readonly rule: string;
  readonly threshold: number;
  readonly distinctServices: number;
  readonly distinctHosts: number;
  readonly failedServices: number;
  readonly topPorts: readonly { readonly port: number; readonly hosts: number; readonly name: string | null }[];
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly startedAt: string;
  readonly techniques: readonly string[];
  readonly responses: readonly string[];
  readonly agent: { readonly hostname: string };
  readonly process: {
    readonly pid: number;
    readonly comm: string;
    readonly exe: string | null;
    readonly user: string | null;
    readonly parent: { readonly pid: number; readonly comm: string | null } | null;
  } | null;
  readonly snapshot: {
    readonly commandLine: readonly string[] | null;
    readonly exe: { readonly path: string; readonly sha256: string | null; readonly package: string | null } | null;
  } | null;
};

const QUERY = /* GraphQL */ `
  query ($source: Address!) {
    detections(filter: { source: $source }, first: 1) {
      nodes {
        id revision model source severity confidence state rule threshold
        distinctServices distinctHosts failedServices topPorts { port hosts name }
        firstSeen lastSeen startedAt techniques responses agent { hostname }
        process { pid comm exe user parent { pid comm } }
        snapshot { commandLine exe { path sha256 package } }
      }
    }
  }
`;

/** The latest detection of a source; undefined if it has none. */
export async function detectionOfSource(server: Server, source: string): Promise<ShownDetection | undefined> {
  const { detections } = await askGraphql<{ detections: { nodes: ShownDetection[] } }>(server, QUERY, { source });
  return detections.nodes[0];
}

/** Asks every 10 ms until the source has a detection; undefined if it has none when `signal` aborts. */
export async function awaitDetection(
  server: Server,
  source: string,
  signal: AbortSignal,
): Promise<{ detection: ShownDetection; answeredMs: number } | undefined> {
  while (!signal.aborted) {
    const detection = await detectionOfSource(server, source);
    if (detection) return { detection, answeredMs: Date.now() };
    await delay(10);
  }
  return undefined;
}
