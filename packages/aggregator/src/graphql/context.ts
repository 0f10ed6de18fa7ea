import type { Listener } from '@connscan/model';
import DataLoader from 'dataloader';
import type { Admitted } from '../access/create-authenticate.ts';
import type { Correlation } from '../correlation/start-correlation.ts';
import type { Fleet } from '../fleet/create-fleet.ts';
import type { Authority } from '../identity/authority.ts';
import { findIdentities } from '../identity/identities.ts';
import type { OpenSessions } from '../ingest/open-sessions.ts';
import type { LiveAgents } from '../live/live-agents.ts';
import type { LiveDetections } from '../live/live-detections.ts';
import type { OpenSubscriptions } from '../live/open-subscriptions.ts';
import type { Outputs } from '../outputs/start-outputs.ts';
import type { DesiredPolicy, Policies } from '../policy/create-policies.ts';
import type { Rollouts } from '../policy/create-rollouts.ts';
import type { RolloutView } from '../policy/look-at-rollouts.ts';
import { findRolloutsOf } from '../policy/rollouts.ts';
import { findAgentPolicies } from '../policy/save-policies.ts';
import { findAddresses, findHosts } from '../store/agent-addresses.ts';
import { type AgentRow, findAgents } from '../store/find-agents.ts';
import { findAlerts, findClaims, type TimelineRow } from '../store/find-detections.ts';
import { findListeners, type TouchedService } from '../store/find-listeners.ts';
import { findRecentActivity } from '../store/find-recent-activity.ts';
import { findSensors, type Sensor } from '../store/find-sensors.ts';
import type {
  AgentPolicyRow,
  ClaimRow,
  CommentRow,
  Database,
  IdentityRow,
  RolloutRow,
  TriageRow,
} from '../store/schema.ts';
import { findComments, findTriage } from '../store/triage.ts';
import type { WhatIfs } from '../tuning/create-what-ifs.ts';
import type { RecentActivity } from './add-recent-activity.ts';

/** How far an agent has followed the policies. */
export type Following = { readonly desired: DesiredPolicy | undefined; readonly told: AgentPolicyRow | null };

/** What the API answers from. */
export type GraphqlSources = {
  readonly db: Database;
  readonly live: LiveDetections;
  readonly liveAgents: LiveAgents;
  readonly subscriptions: OpenSubscriptions;
  readonly sessions: OpenSessions;
  /** Undefined where agents have no identities. */
  readonly authority: Authority | undefined;
  readonly policies: Policies;
  readonly fleet: Fleet;
  readonly outputs: Outputs;
  readonly correlation: Pick<Correlation, 'uncorrelatedOf' | 'habits'>;
  readonly whatIfs: WhatIfs;
  readonly rollouts: Rollouts;
};

/** The sources and the loaders of one request: a page of detections asks once for all its agents, timelines and listeners. */
export type Context = GraphqlSources & {
  /** Who asks. */
  readonly actor: Admitted;
  readonly agents: DataLoader<string, AgentRow>;
  readonly identities: DataLoader<string, IdentityRow | null>;
  readonly following: DataLoader<string, Following>;
  /** The roll-out of a document, by its version. */
  readonly rolloutsOf: DataLoader<number, RolloutRow | null>;
  readonly rolloutViews: DataLoader<RolloutRow, RolloutView>;
  /** The addresses of an agent's host. */
  readonly addresses: DataLoader<string, string[]>;
  /** The agent on the host with an address; null if none tells that it is its own. */
  readonly hosts: DataLoader<string, AgentRow | null>;
  readonly alerts: DataLoader<string, TimelineRow[]>;
  readonly claims: DataLoader<string, ClaimRow[]>;
  readonly sensors: DataLoader<string, Sensor[]>;
  readonly triage: DataLoader<string, TriageRow | null>;
  readonly comments: DataLoader<string, CommentRow[]>;
  readonly recentActivity: DataLoader<string, RecentActivity>;
  readonly listeners: DataLoader<TouchedService, Listener | null>;
};

export function createContext(sources: GraphqlSources, actor: Admitted): Context {
  const { db, policies, rollouts } = sources;
  // What a subscription asks again has changed since.
  const options = { cache: false };
  const agents = new DataLoader<string, AgentRow>(async (ids) => {
    const found = new Map((await findAgents(db, ids)).map((agent) => [agent.id, agent]));
    return ids.map((id) => found.get(id) ?? new Error(`agent ${id} is gone`));
  }, options);
  return {
    ...sources,
    actor,
    agents,
    identities: new DataLoader(async (ids) => {
      const identities = new Map((await findIdentities(db, ids)).map((identity) => [identity.agent_id, identity]));
      return ids.map((id) => identities.get(id) ?? null);
    }, options),
    following: new DataLoader(async (ids) => {
      const [desired, told] = await Promise.all([policies.desiredOf(ids), findAgentPolicies(db, ids)]);
      const rows = new Map(told.map((row) => [row.agent_id, row]));
      return ids.map((id) => ({ desired: desired.get(id), told: rows.get(id) ?? null }));
    }, options),
    rolloutsOf: new DataLoader(async (versions) => {
      const found = new Map((await findRolloutsOf(db, versions)).map((rollout) => [rollout.version, rollout]));
      return versions.map((version) => found.get(version) ?? null);
    }, options),
    rolloutViews: new DataLoader(async (rows) => {
      const views = await rollouts.look(rows);
      return rows.map(({ version }) => views.get(version)!);
    }, options),
    addresses: new DataLoader(async (ids) => {
      const addresses = await findAddresses(db, ids);
      return ids.map((id) => addresses.get(id) ?? []);
    }, options),
    hosts: new DataLoader(async (addresses) => {
      const hosts = await findHosts(db, addresses);
      return Promise.all(
        addresses.map((address) => {
          const id = hosts.get(address);
          return id === undefined ? null : agents.load(id);
        }),
      );
    }, options),
    claims: new DataLoader(async (ids) => {
      const claims = Map.groupBy(await findClaims(db, ids), ({ detection_id }) => detection_id);
      return ids.map((id) => claims.get(id) ?? []);
    }, options),
    triage: new DataLoader(async (ids) => {
      const triage = new Map((await findTriage(db, ids)).map((row) => [row.detection_id, row]));
      return ids.map((id) => triage.get(id) ?? null);
    }, options),
    comments: new DataLoader(async (ids) => {
      const comments = Map.groupBy(await findComments(db, ids), ({ detection_id }) => detection_id);
      return ids.map((id) => comments.get(id) ?? []);
    }, options),
    sensors: new DataLoader(async (ids) => {
      const sensors = Map.groupBy(await findSensors(db, ids), ({ detection_id }) => detection_id);
      return ids.map((id) => sensors.get(id) ?? []);
    }, options),
    alerts: new DataLoader(async (ids) => {
      const alerts = Map.groupBy(await findAlerts(db, ids), ({ detection_id }) => detection_id);
      return ids.map((id) => alerts.get(id) ?? []);
    }, options),
    recentActivity: new DataLoader(async (addresses) => {
      const { rollupPeriodSeconds, thresholds, countEmptyClose } = (await policies.fleetPolicy()).policy.models
        .connscan_internal_internal;
      const until = new Date();
      const window = { since: new Date(until.getTime() - rollupPeriodSeconds * 1000), until };
      const activity = await findRecentActivity(db, window, addresses, countEmptyClose);
      return activity.map((one) => ({ ...one, periodSeconds: rollupPeriodSeconds, threshold: thresholds.low }));
    }, options),
    listeners: new DataLoader((services) => findListeners(db, services), options),
  };
}
