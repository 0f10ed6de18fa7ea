/** Every GraphQL document of the client; a test checks them against the aggregator's schema.graphql. */

/** What each mutation asks besides: `change` throws it. */
export const REFUSAL = '... on UserError { refusal: message }';

const DETECTION_FIELDS = /* GraphQL */ `
  fragment DetectionFields on Detection {
    id revision model alertType state severity confidence rule threshold policyHash endReason
    source sourcePrefixBits
    distinctServices distinctHosts distinctPorts failedServices slowServices habitualServices atLeast
    connections { outcome connections }
    firstSeen lastSeen startedAt endedAt
    topPorts { port hosts name }
    samples { destination port outcome firstSeen lastSeen connections listener { pid comm exe unit } }
    techniques responses
    process { pid startedAt comm exe parent { pid comm } uid user cgroupId containerId }
    snapshot {
      takenAt
      tree { pid startedAt comm exe commandLine uid user }
      commandLine
      exe { path sha256 deleted package sizeBytes modifiedAt }
      cwd user
      loginSession { id uid user }
      container { id runtime }
      unknown
    }
    agent { id hostname }
    corroborated
    sensors { agent { id hostname } side services hosts }
    triage { state verdict actor at }
  }
`;

export const DETECTIONS = /* GraphQL */ `
  query Detections($filter: DetectionFilter, $order: DetectionOrder, $first: Int!, $after: String) {
    detections(filter: $filter, order: $order, first: $first, after: $after) {
      nodes { ...DetectionFields }
      pageInfo { hasNextPage endCursor }
    }
  }
  ${DETECTION_FIELDS}
`;

export const DETECTION = /* GraphQL */ `
  query Detection($id: ID!) {
    detection(id: $id) {
      ...DetectionFields
      sourceAgent { id hostname }
      claims { id agent { id hostname } revision severity confidence rule distinctServices distinctHosts startedAt lastSeen endedAt endReason }
      alerts { revision agent { id hostname } alertType severity confidence distinctServices distinctHosts failedServices lastSeen committedAt }
      comments { actor at text }
    }
  }
  ${DETECTION_FIELDS}
`;

export const WATCH = /* GraphQL */ `
  subscription Watch($filter: DetectionFilter) {
    detections(filter: $filter) {
      missed
      detection { ...DetectionFields }
    }
  }
  ${DETECTION_FIELDS}
`;

const SOURCE_FIELDS = /* GraphQL */ `
  fragment SourceFields on Source {
    address firstSeen lastSeen distinctServices distinctHosts connections { outcome connections } openDetections
    recent { periodSeconds abortedServices failedServices threshold }
  }
`;

export const SOURCES = /* GraphQL */ `
  query Sources($since: DateTime, $until: DateTime, $first: Int!, $after: String) {
    sources(since: $since, until: $until, first: $first, after: $after) {
      nodes { ...SourceFields }
      pageInfo { hasNextPage endCursor }
    }
  }
  ${SOURCE_FIELDS}
`;

export const SOURCE = /* GraphQL */ `
  query Source($address: Address!, $since: DateTime, $until: DateTime) {
    source(address: $address, since: $since, until: $until) {
      ...SourceFields
      services(first: 50) {
        nodes { address port name connections { outcome connections } firstSeen lastSeen listener { pid comm } agent { id hostname } }
        pageInfo { hasNextPage endCursor }
      }
      detections(first: 50) { nodes { id startedAt endedAt state severity confidence distinctServices distinctHosts } }
    }
  }
  ${SOURCE_FIELDS}
`;

export const TREND = /* GraphQL */ `
  query Trend($since: DateTime, $until: DateTime, $bucketSeconds: Int, $by: TrendKey!) {
    trend(since: $since, until: $until, bucketSeconds: $bucketSeconds, by: $by) {
      bucketSeconds
      buckets { at key count }
    }
  }
`;

export const AGENTS = /* GraphQL */ `
  query Agents {
    agents {
      id hostname version kernel connected firstSeen lastSeen epoch batches rejected gaps
      identity { labels { name value } enrolledAt certificateExpiresAt revokedAt }
      clone { detectedAt ends { instance hostname bootId } }
      state { liveness problems since }
      policy { desired { version hash documents } inForce { version hash } version progress notes since }
      health {
        seen submitted reserveFailed recursionMisses processed
        filtered { reason count }
        spool { appended acknowledged lostFull lostDamage waiting waitingBytes oldestAgeMs diskErrors durable }
        resources { rssBytes heapBytes cpuUs shedSnapshots }
        canary { sent seen }
        detector {
          unknownOriginators observed sameAddress malformed late
          evictedSources evictedServices sightingsShed episodesPutOff workerDeaths recoveries snapshotsRefused
          sources services episodes exceptionHits { name hits }
        }
      }
    }
  }
`;

const ENROLL_TOKEN_FIELDS = /* GraphQL */ `
  fragment EnrollTokenFields on EnrollToken {
    id labels { name value } uses maxUses createdAt expiresAt revokedAt
  }
`;

export const CREATE_ENROLL_TOKEN = /* GraphQL */ `
  mutation CreateEnrollToken($labels: [LabelInput!], $maxUses: Int, $validSeconds: Int) {
    createEnrollToken(labels: $labels, maxUses: $maxUses, validSeconds: $validSeconds) {
      ... on NewEnrollToken { token enrollToken { ...EnrollTokenFields } }
      ${REFUSAL}
    }
  }
  ${ENROLL_TOKEN_FIELDS}
`;

export const ENROLL_TOKENS = /* GraphQL */ `
  query EnrollTokens($after: String) {
    enrollTokens(first: 200, after: $after) {
      nodes { ...EnrollTokenFields }
      pageInfo { hasNextPage endCursor }
    }
  }
  ${ENROLL_TOKEN_FIELDS}
`;

export const REVOKE_ENROLL_TOKEN = /* GraphQL */ `
  mutation RevokeEnrollToken($id: ID!) {
    revokeEnrollToken(id: $id) { ...EnrollTokenFields ${REFUSAL} }
  }
  ${ENROLL_TOKEN_FIELDS}
`;

export const REVOKE_AGENT = /* GraphQL */ `
  mutation RevokeAgent($id: ID!) {
    revokeAgent(id: $id) {
      ... on AgentIdentity { agentId hostname labels { name value } enrolledAt certificateExpiresAt revokedAt }
      ${REFUSAL}
    }
  }
`;

const POLICY_FIELDS = /* GraphQL */ `
  fragment PolicyFields on Policy {
    version name selector { name value } document reason weakens reach actor createdAt withdrawnAt
  }
`;

export const POLICIES = /* GraphQL */ `
  query Policies {
    policies { ...PolicyFields }
  }
  ${POLICY_FIELDS}
`;

export const POLICY_DIFF = /* GraphQL */ `
  query PolicyDiff($from: Count!, $to: Count!, $labels: [LabelInput!]) {
    policyDiff(from: $from, to: $to, labels: $labels) { path before after weakens }
  }
`;

export const SET_POLICY = /* GraphQL */ `
  mutation SetPolicy($name: String, $selector: [LabelInput!], $document: String!, $reason: String, $draft: Boolean) {
    setPolicy(name: $name, selector: $selector, document: $document, reason: $reason, draft: $draft) {
      ...PolicyFields
      ${REFUSAL}
    }
  }
  ${POLICY_FIELDS}
`;

export const ROLL_BACK_POLICY = /* GraphQL */ `
  mutation RollBackPolicy($version: Count!, $reason: String) {
    rollBackPolicy(version: $version, reason: $reason) {
      ... on PolicyRollback { version withdrawn }
      ${REFUSAL}
    }
  }
`;
