import type { Client } from '@urql/core';
import type { Detection, DetectionFilter, DetectionsAnswer } from './answers.ts';
import { DETECTIONS } from './documents.ts';
import { findPages } from './find-pages.ts';
import { ask } from './graphql-client.ts';

/** A hundred detections with their samples are half of what the aggregator answers at a time. */
const PAGE = 100;

/** The first detections that match, at most `limit`, page by page; the latest are first unless an order is given. */
export function findDetections(
  client: Client,
  filter: DetectionFilter,
  limit: number,
  order?: string,
): Promise<Detection[]> {
  return findPages(limit, PAGE, async (place) => {
    const { detections } = await ask<DetectionsAnswer>(client, DETECTIONS, { filter, order, ...place });
    return detections;
  });
}
