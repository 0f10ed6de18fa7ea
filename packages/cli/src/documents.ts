/** Every GraphQL document of the client; a test checks them against the aggregator's schema.graphql. */

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
  }
`;

export const DETECTIONS = /* GraphQL */ `
  query Detections($filter: DetectionFilter, $first: Int!, $after: String) {
    detections(filter: $filter, first: $first, after: $after) {
      nodes { ...DetectionFields }
      pageInfo { hasNextPage endCursor }
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

export const AGENTS = /* GraphQL */ `
  query Agents {
    agents {
      id hostname version kernel connected firstSeen lastSeen epoch batches rejected gaps
      health {
        seen submitted reserveFailed recursionMisses processed queueDropped
        filtered { reason count }
        detector {
          unknownOriginators observed sameAddress malformed late
          evictedSources evictedServices sightingsShed episodesPutOff workerDeaths recoveries snapshotsRefused
          sources services episodes exceptionHits { name hits }
        }
      }
    }
  }
`;
