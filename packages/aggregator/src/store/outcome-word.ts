import { OUTCOMES, type Outcome } from '@connscan/model';
import { type Expression, type RawBuilder, sql } from 'kysely';

/** The word of an outcome that a table has as its number. */
export function outcomeWord(number: Expression<number>): RawBuilder<Outcome> {
  return sql`(${sql.lit(`{${OUTCOMES.join(',')}}`)}::text[])[${number}]`;
}
