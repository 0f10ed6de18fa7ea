import { type RawBuilder, sql } from 'kysely';
import type { Page } from './page.ts';

/** Where a row stands among those of its table. */
export type Creation = { readonly created: Date; readonly id: string };

/** What follows `where` to get one page of a table with these columns, the latest row first. */
export function newestFirst({ after, before, limit, reversed }: Page<Creation>): RawBuilder<unknown> {
  const behind = after && sql`(created < ${after.created} or (created = ${after.created} and id > ${after.id}))`;
  const ahead = before && sql`(created > ${before.created} or (created = ${before.created} and id < ${before.id}))`;
  const order = reversed ? sql`created asc, id desc` : sql`created desc, id asc`;
  return sql`${behind ?? sql`true`} and ${ahead ?? sql`true`} order by ${order} limit ${limit}`;
}
