import { CONFIDENCES, SEVERITIES } from '@connscan/model';
import type { Claim } from './claim-row.ts';
import type { FoldedDetection } from './schema.ts';

/**
 * What was seen of a scan. An end tells an empty window, so these stay those of the fullest alert, while all others are
 * those of the latest.
 */
const EVIDENCE = [
  'evidence_revision',
  'distinct_services',
  'distinct_hosts',
  'distinct_ports',
  'failed_services',
  'slow_services',
  'habitual_services',
  'at_least',
  'details',
] as const;

/**
 * Who did it. These stay together, so that a snapshot is never shown with another process: they are of the first alert
 * with a snapshot, else of the first that names a process. What a source does later cannot displace them.
 */
const ATTRIBUTION = ['process', 'snapshot', 'process_revision'] as const;

/** What is greater in the first place where they differ. */
type Rank = readonly (number | string)[];

/** A claim and one more alert of it, in whatever order alerts come. */
export function mergeClaim(claim: Claim, alert: Claim): Claim {
  const both = [claim, alert];
  const latest = greatest(both, ({ revision }) => [revision]);
  const fullest = greatest(both, (one) => [one.distinct_services, one.evidence_revision]);
  const known = greatest(both, (one) => [...attributionOf(one), -(one.process_revision ?? 0)]);
  return { ...latest, ...pick(fullest, EVIDENCE), ...pick(known, ATTRIBUTION) };
}

/**
 * The detection that all claims of one scan make together, the same in whatever order they stand. Its name, and who told
 * it first, are those of the claim with its id.
 */
export function foldClaims(id: string, claims: readonly Claim[]): FoldedDetection {
  const opener = claims.find((claim) => claim.id === id)!;
  const { model, source, source_prefix_bits } = opener;
  // Of equals the earliest, so that it does not change when another one follows.
  const earliest = (one: Claim): Rank => [-one.started.getTime(), one.id];
  const worst = greatest(claims, (one) => [
    SEVERITIES.indexOf(one.severity),
    CONFIDENCES.indexOf(one.confidence),
    ...earliest(one),
  ]);
  const surest = greatest(claims, ({ confidence }) => [CONFIDENCES.indexOf(confidence)]);
  const fullest = greatest(claims, (one) => [one.distinct_services, ...earliest(one)]);
  const known = greatest(claims, (one) => [...attributionOf(one), ...earliest(one)]);
  const last = greatest(claims, (one) => [one.ended ? one.ended.getTime() : Infinity, ...earliest(one)]);
  const { distinct_services, distinct_hosts, distinct_ports, failed_services } = fullest;
  const { slow_services, habitual_services, at_least, details } = fullest;
  return {
    id,
    revision: claims.reduce((sum, { revision }) => sum + revision, 0),
    agent_id: opener.agent_id,
    model,
    source,
    source_prefix_bits,
    alert_type: claims.length === 1 || last.ended ? last.alert_type : 'ongoing',
    severity: worst.severity,
    confidence: surest.confidence,
    rule: worst.rule,
    threshold: worst.threshold,
    policy_hash: worst.policy_hash,
    distinct_services,
    distinct_hosts,
    distinct_ports,
    failed_services,
    slow_services,
    habitual_services,
    at_least,
    details,
    first_seen: new Date(Math.min(...claims.map(({ first_seen }) => first_seen.getTime()))),
    last_seen: new Date(Math.max(...claims.map(({ last_seen }) => last_seen.getTime()))),
    started: new Date(Math.min(...claims.map(({ started }) => started.getTime()))),
    ended: last.ended,
    end_reason: last.ended && last.end_reason,
    process: known.process,
    snapshot: known.snapshot,
  };
}

function attributionOf({ snapshot, process }: Claim): [number, number] {
  return [snapshot ? 1 : 0, process ? 1 : 0];
}

/** The one of the highest rank; of several such, the one that comes first. */
function greatest(claims: readonly Claim[], rankOf: (claim: Claim) => Rank): Claim {
  return claims.reduce((best, claim) => (isGreater(rankOf(claim), rankOf(best)) ? claim : best));
}

function isGreater(rank: Rank, other: Rank): boolean {
  const at = rank.findIndex((value, place) => value !== other[place]);
  return at >= 0 && rank[at]! > other[at]!;
}

function pick<Key extends keyof Claim>(claim: Claim, keys: readonly Key[]): Pick<Claim, Key> {
  return Object.fromEntries(keys.map((key) => [key, claim[key]])) as Pick<Claim, Key>;
}
