/** What the documents of documents.ts are answered with, as far as the client itself looks at it. */

import type { Page } from './find-pages.ts';

export type Detection = {
  readonly id: string;
  readonly revision: number;
  readonly alertType: string;
  readonly state: string;
  readonly severity: string;
  readonly confidence: string;
  readonly rule: string;
  readonly source: string;
  readonly sourcePrefixBits: number | null;
  readonly distinctServices: number;
  readonly distinctHosts: number;
  readonly atLeast: boolean;
  readonly startedAt: string;
  readonly lastSeen: string;
  readonly topPorts: readonly { readonly port: number; readonly hosts: number }[];
  readonly techniques: readonly string[];
  readonly process: { readonly pid: number; readonly comm: string } | null;
  /** Null of what was found in files. */
  readonly agent: { readonly id: string; readonly hostname: string } | null;
  /** False: one agent alone tells of it, between other hosts; null: it cannot be known. */
  readonly corroborated?: boolean | null;
  /** Left out of what was found in files. */
  readonly sensors?: readonly DetectionSensor[];
  readonly triage?: { readonly state: string; readonly verdict: string | null } | null;
};

type AgentName = { readonly id: string; readonly hostname: string };

type DetectionSensor = {
  readonly agent: AgentName;
  readonly side: string | null;
  readonly services: number | null;
  readonly hosts: number | null;
};

/** Everything about one detection. */
export type WholeDetection = Detection & {
  readonly model: string;
  readonly threshold: number;
  readonly endReason: string | null;
  readonly endedAt: string | null;
  readonly firstSeen: string;
  readonly distinctPorts: number;
  readonly failedServices: number;
  readonly slowServices: number | null;
  readonly habitualServices: number | null;
  readonly connections: readonly { readonly outcome: string; readonly connections: number }[] | null;
  readonly sourceAgent: AgentName | null;
  readonly samples: readonly {
    readonly destination: string;
    readonly port: number;
    readonly outcome: string;
    readonly connections: number;
    readonly lastSeen: string;
    readonly listener: { readonly pid: number; readonly comm: string } | null;
  }[];
  readonly responses: readonly string[];
  readonly snapshot: {
    readonly commandLine: string | null;
    readonly exe: { readonly path: string; readonly sha256: string | null } | null;
    readonly user: string | null;
    readonly tree: readonly { readonly pid: number; readonly comm: string; readonly commandLine: string | null }[];
  } | null;
  readonly alerts: readonly {
    readonly committedAt: string;
    readonly alertType: string;
    readonly severity: string;
    readonly confidence: string;
    readonly distinctServices: number;
    readonly distinctHosts: number;
    readonly agent: AgentName | null;
  }[];
  readonly comments: readonly { readonly actor: string; readonly at: string; readonly text: string }[];
};

export type DetectionAnswer = { readonly detection: WholeDetection | null };

export type DetectionFilter = Readonly<Record<string, unknown>>;

export type DetectionsAnswer = {
  readonly detections: {
    readonly nodes: readonly Detection[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
};

export type WatchAnswer = { readonly detections: { readonly missed: number; readonly detection: Detection } };

export type Agent = {
  readonly id: string;
  readonly hostname: string;
  readonly version: string;
  readonly connected: boolean;
  readonly lastSeen: string;
  readonly rejected: number;
  readonly gaps: number;
  /** Null of an agent that connected without TLS. */
  readonly identity: { readonly certificateExpiresAt: string; readonly revokedAt: string | null } | null;
  readonly clone: { readonly detectedAt: string; readonly ends: readonly { readonly hostname: string }[] } | null;
  /** Null of an agent that was revoked before the aggregator started. */
  readonly state: { readonly liveness: string; readonly problems: readonly string[] } | null;
  readonly policy: {
    readonly desired: { readonly version: number } | null;
    readonly inForce: { readonly version: number } | null;
    readonly progress: string | null;
    readonly notes: readonly string[];
  };
  readonly health: {
    readonly seen: number;
    readonly reserveFailed: number;
    readonly recursionMisses: number;
    readonly spool: { readonly lostFull: number; readonly lostDamage: number; readonly waiting: number } | null;
  } | null;
};

export type AgentsAnswer = { readonly agents: readonly Agent[] };

export type RevokedAgentAnswer = { readonly revokeAgent: { readonly agentId: string; readonly revokedAt: string } };

export type EnrollToken = {
  readonly id: string;
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly uses: number;
  readonly maxUses: number;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
};

export type NewEnrollTokenAnswer = {
  readonly createEnrollToken: { readonly token: string; readonly enrollToken: EnrollToken };
};

export type EnrollTokensAnswer = {
  readonly enrollTokens: {
    readonly nodes: readonly EnrollToken[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
};

export type RevokedTokenAnswer = { readonly revokeEnrollToken: EnrollToken };

export type Policy = {
  readonly version: number;
  readonly name: string;
  readonly selector: readonly { readonly name: string; readonly value: string }[];
  readonly document: string;
  readonly reason: string;
  readonly weakens: readonly string[];
  readonly reach: number;
  readonly createdAt: string;
  readonly withdrawnAt: string | null;
};

export type PoliciesAnswer = { readonly policies: readonly Policy[] };

export type SetPolicyAnswer = { readonly setPolicy: Policy };

export type RolledBackAnswer = { readonly rollBackPolicy: { readonly withdrawn: number } };

type OutcomeCount = { readonly outcome: string; readonly connections: number };

export type Source = {
  readonly address: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly distinctServices: number;
  readonly distinctHosts: number;
  readonly connections: readonly OutcomeCount[];
  readonly openDetections: number;
  readonly recent: {
    readonly periodSeconds: number;
    readonly abortedServices: number;
    readonly failedServices: number;
    readonly threshold: number;
  };
};

export type SourcesAnswer = { readonly sources: Page<Source> };

/** Everything about one source. */
export type WholeSource = Source & {
  readonly services: Page<{
    readonly address: string;
    readonly port: number;
    readonly name: string | null;
    readonly connections: readonly OutcomeCount[];
    readonly lastSeen: string;
    readonly listener: { readonly pid: number; readonly comm: string } | null;
    readonly agent: AgentName | null;
  }>;
  readonly detections: {
    readonly nodes: readonly {
      readonly id: string;
      readonly startedAt: string;
      readonly state: string;
      readonly severity: string;
      readonly confidence: string;
      readonly distinctServices: number;
      readonly distinctHosts: number;
    }[];
  };
};

export type SourceAnswer = { readonly source: WholeSource | null };

export type Trend = {
  readonly bucketSeconds: number;
  readonly buckets: readonly { readonly at: string; readonly key: string; readonly count: number }[];
};

export type TrendAnswer = { readonly trend: Trend };
