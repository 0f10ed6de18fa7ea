import type {
  AlertType,
  Confidence,
  Detection,
  EndReason,
  Listener,
  Process,
  Rule,
  Severity,
  Snapshot,
} from '@connscan/model';
import type { Health, Hello, PolicyState } from '@connscan/wire';
import type { ColumnType, Generated, Kysely, Selectable, Transaction } from 'kysely';
import type { Role } from '../access/actor.ts';
import type { AuditAction } from '../identity/audit.ts';
import type { DetectionEvent } from '../outputs/detection-event.ts';
import type { OutputFilter, OutputFormat, OutputKind, OutputSettings } from '../outputs/output-settings.ts';
import type { RolloutState } from '../policy/rollouts.ts';
import type { TriageState, Verdict } from './triage.ts';

/** Written as JSON text, read as the value. */
type Json<Value> = ColumnType<Value, string | Extract<Value, null>, string | Extract<Value, null>>;

type AgentsTable = {
  id: string;
  epoch: string;
  version: string;
  hostname: string;
  kernel: string;
  first_seen: Date;
  last_seen: Date;
  health: Json<Health | null>;
  clone_detected: Date | null;
  clone_ends: Json<readonly CloneEnd[] | null>;
};

/** One of two agents that lived at the same time under one identity. */
export type CloneEnd = Pick<Hello, 'instance' | 'hostname' | 'bootId'>;

type EpochsTable = {
  agent_id: string;
  epoch: string;
  highest_seq: number;
  batches: number;
  rejected: number;
  lost: number;
  last_batch: Date;
};

type BatchesTable = {
  agent_id: string;
  epoch: string;
  seq: number;
  row_count: number;
  reject_reason: string | null;
  committed: Date;
};

/** Parts of a detection that are shown and matched but never ordered by. */
type DetectionDetails = Pick<Detection, 'topPorts' | 'samples' | 'techniques'> & {
  /** Left out in rows of before 0003. */
  readonly connections?: Detection['connections'];
};

type AlertColumns = {
  revision: number;
  alert_type: AlertType;
  severity: Severity;
  confidence: Confidence;
  distinct_services: number;
  distinct_hosts: number;
  distinct_ports: number;
  failed_services: number;
  last_seen: Date;
};

/** What claims and detections have in common. */
type EpisodeColumns = AlertColumns & {
  id: string;
  /** Null: the aggregator itself, from the sightings of all agents. */
  agent_id: string | null;
  model: string;
  rule: Rule;
  threshold: number;
  policy_hash: string | null;
  end_reason: EndReason | null;
  source: string;
  source_prefix_bits: 64 | null;
  slow_services: number | null;
  habitual_services: number | null;
  at_least: boolean;
  first_seen: Date;
  started: Date;
  ended: Date | null;
  details: Json<DetectionDetails>;
  process: Json<Process | null>;
  snapshot: Json<Snapshot | null>;
};

/** What one agent, or the aggregator itself, tells of a scan. */
type DetectionClaimsTable = EpisodeColumns & {
  detection_id: string;
  /** The alert that the counts and the details are from: the one with the most services. */
  evidence_revision: number;
  /** The alert that the process and the snapshot are from. */
  process_revision: number | null;
};

/** A scan as all its claims tell it. Its id, and the agent that told it first, are those of its first claim. */
type DetectionsTable = EpisodeColumns & {
  /** Every agent that claims it or saw connections of it. */
  agent_ids: string[];
};

/** The connections of a scan that one agent saw, whether it claims the scan or not. */
type DetectionSensorsTable = {
  detection_id: string;
  agent_id: string;
  services: number;
  hosts: number;
  first_seen: Date;
  last_seen: Date;
};

/** The addresses of an agent's host, as it told them last. */
type AgentAddressesTable = { agent_id: string; address: string };

type DetectionAlertsTable = AlertColumns & { claim_id: string; committed: Date };

type SightingsTable = {
  source: string;
  destination: string;
  port: number;
  /** The number of its word: `outcomeCode`. */
  outcome: number;
  agent_id: string;
  first_seen: Date;
  last_seen: Date;
  connections: number;
  listener: Json<Listener | null>;
};

/** Sightings and their connections, by the hour in which they were last seen. */
type SightingHoursTable = {
  hour: Date;
  port: number;
  outcome: number;
  sightings: number;
  connections: number;
};

/** Names and values by which an administrator sorts agents; policies select by them. */
export type Labels = Readonly<Record<string, string>>;

type EnrollTokensTable = {
  id: string;
  secret_hash: Buffer;
  labels: Json<Labels>;
  uses: Generated<number>;
  max_uses: number;
  failures: Generated<number>;
  created: Date;
  expires: Date;
  revoked: Date | null;
};

type IdentitiesTable = {
  agent_id: string;
  token_id: string;
  hostname: string;
  labels: Json<Labels>;
  enrolled: Date;
  renewed: Date;
  certificate_expires: Date;
  revoked: Date | null;
};

type ApiTokensTable = {
  id: string;
  name: string;
  role: Role;
  secret_hash: Buffer;
  /** Who made it. */
  actor: string;
  created: Date;
  expires: Date | null;
  last_used: Date | null;
  revoked: Date | null;
};

type TriageTable = {
  detection_id: string;
  state: Exclude<TriageState, 'new'>;
  verdict: Verdict | null;
  actor: string;
  at: Date;
};

type DetectionCommentsTable = {
  id: Generated<number>;
  detection_id: string;
  actor: string;
  at: Date;
  text: string;
};

type AuditTable = {
  id: Generated<number>;
  at: Date;
  actor: string;
  action: AuditAction;
  subject: string;
  detail: Json<Readonly<Record<string, unknown>>>;
};

type PoliciesTable = {
  version: number;
  name: string;
  selector: Json<Labels>;
  /** As it was written: what it leaves out is for other documents, or the defaults, to say. */
  document: Json<Readonly<Record<string, unknown>>>;
  reason: string;
  actor: string;
  created: Date;
  withdrawn: Date | null;
  /** It holds for agents whose place is below this, of a million: 0 is a draft. */
  reach: number;
  /** Paths of the settings by which the fleet sees less than before. */
  weakens: Json<readonly string[]>;
};

type RolloutsTable = {
  version: number;
  /** Shares of the agents that the document fits, rising to 1. */
  stages: Json<readonly number[]>;
  soak_ms: number;
  /** From 0. */
  stage: number;
  state: RolloutState;
  /** Why it is paused, or what it waits for. */
  note: string;
  actor: string;
  created: Date;
  /** Since when the stage soaks; a pause that ends begins it anew. */
  stage_since: Date;
  /** Detections that all agents of the document would have in an hour; null until that is known. */
  forecast_per_hour: number | null;
  factor: number;
};

type AgentPoliciesTable = {
  agent_id: string;
  version: number;
  hash: string;
  told_version: number;
  progress: PolicyState['progress'];
  notes: Json<readonly string[]>;
  since: Date;
};

type OutputsTable = {
  id: string;
  name: string;
  kind: OutputKind;
  format: OutputFormat;
  settings: Json<OutputSettings>;
  /** What deliveries are signed with; it leaves the store for nobody but the sender. */
  secret: string | null;
  filter: Json<OutputFilter>;
  enabled: boolean;
  actor: string;
  created: Date;
  delivered: Generated<number>;
  last_delivered: Date | null;
  last_error: string | null;
  last_failed: Date | null;
};

/** What an output has still to get, and what was given up. */
type DeliveriesTable = {
  id: Generated<number>;
  output_id: string;
  detection_id: string;
  revision: number;
  event: Json<DetectionEvent>;
  state: 'waiting' | 'failed';
  attempts: number;
  due: Date;
  created: Date;
};

/** The tables as the migrations leave them. */
export type Schema = {
  agents: AgentsTable;
  api_tokens: ApiTokensTable;
  triage: TriageTable;
  detection_comments: DetectionCommentsTable;
  audit: AuditTable;
  enroll_tokens: EnrollTokensTable;
  identities: IdentitiesTable;
  deliveries: DeliveriesTable;
  outputs: OutputsTable;
  policies: PoliciesTable;
  agent_policies: AgentPoliciesTable;
  rollouts: RolloutsTable;
  epochs: EpochsTable;
  batches: BatchesTable;
  detections: DetectionsTable;
  detection_alerts: DetectionAlertsTable;
  detection_claims: DetectionClaimsTable;
  detection_sensors: DetectionSensorsTable;
  agent_addresses: AgentAddressesTable;
  sightings: SightingsTable;
  sighting_hours: SightingHoursTable;
};

export type Database = Kysely<Schema>;
export type DatabaseTransaction = Transaction<Schema>;
export type ApiTokenRow = Selectable<ApiTokensTable>;
export type TriageRow = Selectable<TriageTable>;
export type CommentRow = Selectable<DetectionCommentsTable>;
export type AuditRow = Selectable<AuditTable>;
export type EnrollTokenRow = Selectable<EnrollTokensTable>;
export type IdentityRow = Selectable<IdentitiesTable>;
export type DeliveryRow = Selectable<DeliveriesTable>;
export type OutputRow = Selectable<OutputsTable>;
export type PolicyRow = Selectable<PoliciesTable>;
export type RolloutRow = Selectable<RolloutsTable>;
export type AgentPolicyRow = Selectable<AgentPoliciesTable>;
export type DetectionRow = Selectable<DetectionsTable>;
export type DetectionAlertRow = Selectable<DetectionAlertsTable>;
export type ClaimRow = Selectable<DetectionClaimsTable>;
/** The part of a detection that its claims say. */
export type FoldedDetection = Selectable<EpisodeColumns>;
