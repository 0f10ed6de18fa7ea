/** What the documents of access-documents.ts are answered with, as far as the client itself looks at it. */

type PageInfo = { readonly hasNextPage: boolean; readonly endCursor: string | null };

export type ApiToken = {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly createdBy: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
};

export type CreatedTokenAnswer = { readonly createApiToken: { readonly token: string; readonly apiToken: ApiToken } };

export type TokensAnswer = {
  readonly apiTokens: { readonly nodes: readonly ApiToken[]; readonly pageInfo: PageInfo };
};

export type RevokedTokenAnswer = { readonly revokeApiToken: ApiToken };

export type AuditEntry = {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  /** The text of a JSON object. */
  readonly detail: string;
};

export type AuditAnswer = {
  readonly auditLog: { readonly nodes: readonly AuditEntry[]; readonly pageInfo: PageInfo };
};

export type Triaged = {
  readonly id: string;
  readonly source: string;
  readonly triage: { readonly state: string; readonly verdict: string | null } | null;
};

export type TriagedAnswer = { readonly result: { readonly detections: readonly Triaged[] } };
