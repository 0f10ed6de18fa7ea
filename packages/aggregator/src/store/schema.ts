import type {
  AlertType,
  Confidence,
  Detection,
  EndReason,
  Listener,
  Outcome,
  Process,
  Rule,
  Severity,
  Snapshot,
} from '@connscan/model';
import type { Health } from '@connscan/wire';
import type { ColumnType, Kysely, Selectable, Transaction } from 'kysely';

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
};

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

type DetectionsTable = AlertColumns & {
  id: string;
  agent_id: string;
  model: string;
  /** The alert that the counts and the details are from: the one with the most services. */
  evidence_revision: number;
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
  /** The alert that the process and the snapshot are from. */
  process_revision: number | null;
};

type DetectionAlertsTable = AlertColumns & { detection_id: string; committed: Date };

type SightingsTable = {
  source: string;
  destination: string;
  port: number;
  outcome: Outcome;
  agent_id: string;
  first_seen: Date;
  last_seen: Date;
  connections: number;
  listener: Json<Listener | null>;
  listener_seen: Date | null;
};

/** The tables as the migrations leave them. */
export type Schema = {
  agents: AgentsTable;
  epochs: EpochsTable;
  batches: BatchesTable;
  detections: DetectionsTable;
  detection_alerts: DetectionAlertsTable;
  sightings: SightingsTable;
};

export type Database = Kysely<Schema>;
export type DatabaseTransaction = Transaction<Schema>;
export type DetectionRow = Selectable<DetectionsTable>;
export type DetectionAlertRow = Selectable<DetectionAlertsTable>;
