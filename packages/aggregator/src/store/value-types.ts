import { types } from 'pg';

/** Counts are bigint in the tables and stay below 2^53, so they are read as numbers; `pg` would give text. */
function parseBigint(text: string): number {
  return Number(text);
}

/** How the values of a result are read, whichever engine they come from. */
export const valueTypes = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === types.builtins.INT8 ? parseBigint : types.getTypeParser(oid, format as 'text'),
};
