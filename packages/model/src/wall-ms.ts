import { z } from 'zod';

/** The year 2100, in milliseconds since 1970: a wild clock must not poison what it is stored among. */
export const LATEST_WALL_MS = 4_102_444_800_000;

/** Wall-clock time in milliseconds since 1970. */
export const wallMsSchema = z.number().min(0).max(LATEST_WALL_MS);
