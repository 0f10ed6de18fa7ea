import type { Client } from '@urql/core';
import type { Detection, DetectionFilter, DetectionsAnswer } from './answers.ts';
import { DETECTIONS } from './documents.ts';
import { ask } from './graphql-client.ts';

/** The aggregator gives at most this many a page. */
const PAGE = 200;

/** The latest detections that match, at most `limit`, page by page. */
export async function findDetections(client: Client, filter: DetectionFilter, limit: number): Promise<Detection[]> {
  const found: Detection[] = [];
  let after: string | null = null;
  do {
    const first = Math.min(PAGE, limit - found.length);
    const { detections }: DetectionsAnswer = await ask(client, DETECTIONS, { filter, first, after });
    found.push(...detections.nodes);
    after = detections.pageInfo.hasNextPage ? detections.pageInfo.endCursor : null;
  } while (after !== null && found.length < limit);
  return found;
}
