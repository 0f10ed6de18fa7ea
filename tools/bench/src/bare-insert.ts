import { createRandom } from '@connscan/lab';

/** What runs one statement with text parameters. */
export type RunStatement = (statement: string, parameters: readonly string[]) => Promise<unknown>;

/** Rows in one transaction: as many as the aggregator puts into one at most. */
const ROWS = 4000;

/**
 * Rows a second that a store takes from one client which does nothing but insert what it has at hand: the same columns and
 * indexes, in one table that nothing else is in. It is the limit of what the aggregator could reach.
 */
export async function bareInsertRate(run: RunStatement, ms: number): Promise<number> {
  await run('create table bare (like sightings including indexes)', []);
  const below = createRandom(1);
  const nowMs = Date.now();
  const values: readonly (() => string | number)[] = [
    () => `10.${below(8)}.${below(20)}.${below(250)}`,
    () => `10.200.${below(8)}.${below(250)}`,
    () => below(15),
    () => 1 + below(5),
    () => nowMs - below(1000),
  ];
  const columns = Array.from({ length: 4 }, () =>
    values.map((value) => `{${Array.from({ length: ROWS }, () => value()).join()}}`),
  );
  const begunMs = performance.now();
  let rows = 0;
  for (; performance.now() - begunMs < ms; rows += ROWS) {
    await run(
      `insert into bare
      select source, destination, port, outcome, '11111111-1111-4111-8111-111111111111', to_timestamp(ms / 1000),
        to_timestamp(ms / 1000), 1, null
      from unnest($1::inet[], $2::inet[], $3::integer[], $4::smallint[], $5::double precision[])
        as told (source, destination, port, outcome, ms)`,
      columns[below(columns.length)]!,
    );
  }
  return (rows * 1000) / (performance.now() - begunMs);
}
