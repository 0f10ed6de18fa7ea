import { z } from 'zod';

/**
 * An archive is lines of text. The first says what it is; then come the keys of the data directory, a line each; then each
 * table, a line that names it and says how many rows it has, and these, each a JSON object as PostgreSQL writes a row. A
 * partition of a table is a section of its own. The last line has the SHA-256 of all bytes before it.
 */
export const headSchema = z.strictObject({
  connscan: z.literal('archive'),
  version: z.literal(1),
  /** The last migration of its tables. */
  migration: z.string(),
  created: z.iso.datetime(),
});

export const fileSchema = z.strictObject({
  /** Its path in the data directory. */
  file: z.string(),
  base64: z.base64(),
});
export type KeptFile = z.output<typeof fileSchema>;

export const sectionSchema = z.strictObject({
  table: z.string(),
  from: z.string(),
  columns: z.array(z.string()),
  rows: z.number().int().min(0),
});

export const endSchema = z.strictObject({ sha256: z.string() });

/** The lines of an archive without the last, some at a time. */
export type ArchiveLines = AsyncGenerator<readonly string[], void>;

/** Rows of one section that were moved, for whoever wants to watch. */
export type OnSection = (from: string, rows: number) => void;
