import { REFUSAL } from './documents.ts';

/** The GraphQL documents of tokens, the audit log and triage; documents.test.ts checks them too. */

const TOKEN_FIELDS = /* GraphQL */ `
  fragment ApiTokenFields on ApiToken {
    id name role createdBy createdAt expiresAt lastUsedAt revokedAt
  }
`;

export const CREATE_TOKEN = /* GraphQL */ `
  mutation CreateToken($name: String!, $role: Role!, $validDays: Int) {
    createApiToken(name: $name, role: $role, validDays: $validDays) {
      ... on NewApiToken { token apiToken { ...ApiTokenFields } }
      ${REFUSAL}
    }
  }
  ${TOKEN_FIELDS}
`;

export const TOKENS = /* GraphQL */ `
  query Tokens($after: String) {
    apiTokens(first: 200, after: $after) {
      nodes { ...ApiTokenFields }
      pageInfo { hasNextPage endCursor }
    }
  }
  ${TOKEN_FIELDS}
`;

export const REVOKE_TOKEN = /* GraphQL */ `
  mutation RevokeToken($id: ID!) {
    revokeApiToken(id: $id) { ...ApiTokenFields ${REFUSAL} }
  }
  ${TOKEN_FIELDS}
`;

export const AUDIT = /* GraphQL */ `
  query Audit($actor: String, $actions: [AuditAction!], $subject: String, $since: DateTime, $first: Int!, $after: String) {
    auditLog(actor: $actor, actions: $actions, subject: $subject, since: $since, first: $first, after: $after) {
      nodes { id at actor action subject detail }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

const TRIAGED = /* GraphQL */ `
  ... on TriagedDetections { detections { id source triage { state verdict actor at } } }
  ${REFUSAL}
`;

export const ACKNOWLEDGE = /* GraphQL */ `
  mutation Acknowledge($ids: [ID!]!, $comment: String) {
    result: acknowledgeDetections(ids: $ids, comment: $comment) { ${TRIAGED} }
  }
`;

export const RESOLVE = /* GraphQL */ `
  mutation Resolve($ids: [ID!]!, $verdict: Verdict!, $comment: String) {
    result: resolveDetections(ids: $ids, verdict: $verdict, comment: $comment) { ${TRIAGED} }
  }
`;

export const COMMENT = /* GraphQL */ `
  mutation Comment($ids: [ID!]!, $text: String!) {
    result: commentDetections(ids: $ids, text: $text) { ${TRIAGED} }
  }
`;
