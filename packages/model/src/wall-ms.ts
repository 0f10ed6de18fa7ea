import { z } from 'zod';

/** Wall-clock time in milliseconds since 1970; up to the year 2100, so that a wild clock cannot poison the store. */
export const wallMsSchema = z.number().min(0).max(4_102_444_800_000);
