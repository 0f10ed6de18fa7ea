/** Which sightings are read: values that were made here, so that they stand in the statement as they are. */
export type SightingsChoice = {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** One of so many shares of the sources, from 0. The addresses of an IPv6 /64 are in one share, as they count together too. */
  readonly round: number;
  readonly rounds: number;
  /** Only what these agents told. */
  readonly agentIds?: readonly string[];
  /** Only of these sources: addresses of IPv4 and ranges of IPv6. */
  readonly sources?: readonly string[];
};

const SHARE = `hashinet(case family(source) when 4 then source else network(set_masklen(source, 64)) end) & 2147483647`;

/** All of a row as bytes, 32 between IPv4 addresses: see copy-reader.ts. */
const ROW = `inet_send(source) || inet_send(destination) || timestamptz_send(last_seen)
  || int8send((uuid_hash(agent_id)::bigint << 24) | (outcome::bigint << 16) | port)`;

/**
 * What createCopyReader reads. A COPY takes no parameters. All rows are one field: to take a message for each row apart took longer
 * than all else that is done with it, and the server has less to do too.
 */
export function sightingsCopy({ sinceMs, untilMs, round, rounds, agentIds, sources }: SightingsChoice): string {
  const where = [`last_seen >= ${timeOf(sinceMs)}`, `last_seen < ${timeOf(untilMs)}`];
  if (rounds > 1) where.push(`(${SHARE}) % ${rounds} = ${round}`);
  if (agentIds) where.push(`agent_id = any(${arrayOf(agentIds)}::uuid[])`);
  if (sources) where.push(among(sources));
  const rows = `select string_agg(${ROW}, ''::bytea) from sightings where ${where.join(' and ')}`;
  return `copy (${rows}) to stdout (format binary)`;
}

/** Whole addresses are found by their hash or by the index; ranges are tried one by one. */
function among(sources: readonly string[]): string {
  const ranges = sources.filter((source) => source.includes('/'));
  const addresses = sources.filter((source) => !source.includes('/'));
  return `(source = any(${arrayOf(addresses)}::inet[]) or source <<= any(${arrayOf(ranges)}::inet[]))`;
}

function timeOf(wallMs: number): string {
  return `'${new Date(wallMs).toISOString()}'::timestamptz`;
}

function arrayOf(values: readonly string[]): string {
  return `'{${values.join()}}'`;
}
