import type { Client } from '@urql/core';
import type { Detection, DetectionFilter, DetectionsAnswer } from './answers.ts';
import { DETECTIONS } from './documents.ts';
import { findPages } from './find-pages.ts';
import { ask } from './graphql-client.ts';

/** A hundred detections with their samples are half of what the aggregator answers at a time. */
const PAGE = 100;

/** The latest detections that match, at most `limit`, page by page. */
export function findDetections(client: Client, filter: DetectionFilter, limit: number): Promise<Detection[]> {
  return findPages(limit, PAGE, async (place) => {
    const { detections } = await ask<DetectionsAnswer>(client, DETECTIONS, { filter, ...place });
    return detections;
  });
}
