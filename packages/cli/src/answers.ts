/** What the documents of documents.ts are answered with, as far as the client itself looks at it. */

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
};

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
  readonly health: {
    readonly seen: number;
    readonly reserveFailed: number;
    readonly recursionMisses: number;
    readonly queueDropped: number;
  } | null;
};

export type AgentsAnswer = { readonly agents: readonly Agent[] };
