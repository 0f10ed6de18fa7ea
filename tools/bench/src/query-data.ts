import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Client } from 'pg';

export type QueryDataOptions = {
  readonly sightings: number;
  readonly detections: number;
  /** The latest time in them, as wall-clock time. */
  readonly nowMs: number;
};

/** Days that the rows are spread over, evenly. */
export const DAYS = 30;

const SOURCES = 20_000;
/**
 * Of each source: clients and checkers come again and again. If each of the sightings were of any service, the busy sources would be
 * 2,000 slow scanners at every moment, which no fleet has.
 */
const SERVICES = 8;
const TARGETS = 5000;
const AGENTS = 200;

/** Of each detection. */
const SAMPLES = 10;

/**
 * Numbers from 0 to 1 that depend on two numbers alone: rows are the same for the same sizes. Squared, they give addresses of
 * which some are busy: the busiest hundredth of the sources has a tenth of the sightings.
 */
const RANDOM = `create function random_of(row_number bigint, salt bigint) returns double precision immutable parallel safe
  language sql return (hashint8extended(row_number, salt) & 4503599627370495)::double precision / 4503599627370496`;

/** One of the services of the source of a row, by a number that no other source has. */
const serviceOf = (n: string) =>
  `(floor(${SOURCES} * random_of(${n}, 1) ^ 2)::bigint * ${SERVICES} + floor(${SERVICES} * random_of(${n}, 13))::bigint)`;
const sourceOf = (n: string) => `'10.0.0.0'::inet + floor(${SOURCES} * random_of(${n}, 1) ^ 2)::bigint`;
const targetOf = (n: string) => `'10.64.0.0'::inet + floor(${TARGETS} * random_of(${n}, 2) ^ 2)::bigint`;
/** Nineteen of twenty are one of 15 well-known ports. */
const portOf = (n: string) => `case when random_of(${n}, 3) < 0.95
  then (array[22, 80, 135, 139, 443, 445, 1433, 3306, 3389, 5432, 5900, 6379, 8080, 8443, 9200])[1 + floor(15 * random_of(${n}, 4))::integer]
  else 1 + floor(65535 * random_of(${n}, 4))::integer end`;
const agentOf = (n: string) =>
  `('00000000-0000-4000-8000-' || lpad(to_hex(floor(${AGENTS} * random_of(${n}, 5))::integer), 12, '0'))::uuid`;

/** Fills the store of a database that an aggregator has migrated, and which has the partitions. */
export async function fillQueryData(client: Client, options: QueryDataOptions): Promise<void> {
  await client.query(RANDOM);
  await fillAgents(client);
  await fillDetections(client, options);
  await fillSightings(client, options);
  await client.query('drop function random_of');
  await client.query('vacuum analyze');
  // So that a month that was written in a minute is not still on its way to the disk while questions are asked: from the server,
  // which does not wait for the disk here, and from the kernel.
  await client.query('checkpoint');
  await promisify(execFile)('sync');
}

async function fillAgents(client: Client): Promise<void> {
  await client.query(`
    insert into agents (id, epoch, version, hostname, kernel, first_seen, last_seen)
    select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, gen_random_uuid(), '0.1.0', 'host-' || n, '6.1.0',
      now() - interval '30 days', now()
    from generate_series(0, ${AGENTS - 1}) as n`);
}

/** Those of the detections' samples, and all others at any time. The indexes are made behind the rows, which takes a third of the time. */
async function fillSightings(client: Client, { sightings, detections, nowMs }: QueryDataOptions): Promise<void> {
  const others = sightings - SAMPLES * detections;
  const { rows: indexes } = await client.query(
    `select indexname as name, indexdef as definition from pg_indexes where tablename = 'sightings'`,
  );
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  await client.query(`
    insert into sightings
    select ${sourceOf('n')}, ${targetOf('service')}, ${portOf('service')}, 1 + floor(5 * random_of(n, 6))::integer, ${agentOf('n')},
      seen, seen, 1 + floor(3 * random_of(n, 7))::bigint,
      case when random_of(n, 8) < 0.1 then '{"pid": 411, "comm": "sshd"}'::jsonb end
    from (
      select n, ${serviceOf('n')} as service,
        to_timestamp(${nowMs / 1000}) - interval '${DAYS} days' * (1 - n::double precision / ${others}) as seen
      from generate_series(1, ${others}) as n
    ) as row`);
  await client.query(`
    insert into sightings
    select source, (sample ->> 'destination')::inet, (sample ->> 'port')::integer, 1, agent_id, started, started, 1, null
    from detections cross join jsonb_array_elements(details -> 'samples') as sample`);
  for (const { definition } of indexes) await client.query(definition.replace(' ON ONLY ', ' ON '));
  await client.query(`
    insert into sighting_hours
    select date_trunc('hour', last_seen, 'UTC'), port, outcome, count(*), sum(connections)
    from sightings group by 1, 2, 3`);
}

/** A detection has ten samples and one claim, lasts up to an hour, and goes on if it began within the last one. */
async function fillDetections(client: Client, { detections, nowMs }: QueryDataOptions): Promise<void> {
  await client.query(`
    insert into detections (id, revision, agent_id, agent_ids, model, alert_type, severity, confidence, rule, threshold, source,
      distinct_services, distinct_hosts, distinct_ports, failed_services, slow_services, habitual_services, at_least,
      first_seen, last_seen, started, ended, details)
    select lpad(to_hex(n), 32, '0'), 1, agent, array[agent], 'connscan_internal_internal',
      case when goes_on then 'start' else 'end' end, (array['low', 'medium', 'high'])[1 + floor(3 * random_of(n, 9) ^ 2)::integer],
      (array['tentative', 'confirmed'])[1 + floor(2 * random_of(n, 10))::integer], 'threshold', 10, ${sourceOf('n')},
      10 + floor(90 * random_of(n, 11) ^ 4)::integer, 5, 5, 0, 10, 0, false, started, started + length, started,
      case when not goes_on then started + length end,
      jsonb_build_object('techniques', array['T1046'], 'topPorts', '[{"port": 22, "hosts": 5}]'::jsonb, 'connections',
        '{"reset": 10, "empty_close": 0, "responder_reset": 0, "refused": 0, "unanswered": 0}'::jsonb, 'samples', (
          select jsonb_agg(jsonb_build_object('destination', host(${targetOf(`n * ${SAMPLES} + k`)}), 'port', ${portOf(`n * ${SAMPLES} + k`)},
            'outcome', 'reset', 'firstSeenMs', seen_ms, 'lastSeenMs', seen_ms, 'connections', 1))
          from generate_series(1, ${SAMPLES}) as k
        ))
    from (
      select n, ${agentOf('n')} as agent, started, interval '1 hour' * random_of(n, 12) as length,
        started > to_timestamp(${nowMs / 1000}) - interval '1 hour' as goes_on,
        floor(extract(epoch from started) * 1000)::bigint as seen_ms
      from (
        select n, to_timestamp(${nowMs / 1000}) - interval '${DAYS} days' * (1 - n::double precision / ${detections}) as started
        from generate_series(1, ${detections}) as n
      ) as place
    ) as row`);
  const columns = `id, revision, agent_id, model, alert_type, severity, confidence, rule, threshold, source, distinct_services,
    distinct_hosts, distinct_ports, failed_services, slow_services, habitual_services, at_least, first_seen, last_seen, started,
    ended, details`;
  await client.query(`
    insert into detection_claims (${columns}, evidence_revision, detection_id) select ${columns}, 1, id from detections`);
  await client.query(`
    insert into detection_alerts
      (claim_id, revision, alert_type, severity, confidence, distinct_services, distinct_hosts, distinct_ports, failed_services, last_seen, committed)
    select id, 1, 'start', severity, confidence, distinct_services, distinct_hosts, distinct_ports, failed_services, last_seen, started
    from detections`);
  await client.query(`
    insert into detection_sensors (detection_id, agent_id, services, hosts, first_seen, last_seen)
    select id, agent_id, distinct_services, distinct_hosts, first_seen, last_seen from detections`);
}
