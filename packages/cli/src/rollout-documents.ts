import { REFUSAL } from './documents.ts';

/** The GraphQL documents of roll-outs; documents.test.ts checks them too. */

const ROLLOUT_FIELDS = /* GraphQL */ `
  fragment RolloutFields on PolicyRollout {
    version name state note stages stage stageSince soakSeconds factor forecastPerHour detections observedPerHour allowed
    convergence { fitting inReach applied applying failed silent }
    actor createdAt
  }
`;

export const ROLLOUTS = /* GraphQL */ `
  query Rollouts {
    policyRollouts { ...RolloutFields }
  }
  ${ROLLOUT_FIELDS}
`;

export const ROLLOUT = /* GraphQL */ `
  query Rollout($version: Count!) {
    policy(version: $version) { rollout { ...RolloutFields } }
  }
  ${ROLLOUT_FIELDS}
`;

export const ROLL_OUT_POLICY = /* GraphQL */ `
  mutation RollOutPolicy(
    $version: Count!, $stages: [Float!], $soakSeconds: Int, $factor: Float, $forecastPerHour: Float, $reason: String
  ) {
    result: rollOutPolicy(
      version: $version, stages: $stages, soakSeconds: $soakSeconds, factor: $factor, forecastPerHour: $forecastPerHour
      reason: $reason
    ) { ...RolloutFields ${REFUSAL} }
  }
  ${ROLLOUT_FIELDS}
`;

export const PAUSE_ROLLOUT = /* GraphQL */ `
  mutation PauseRollout($version: Count!, $reason: String) {
    result: pauseRollout(version: $version, reason: $reason) { ...RolloutFields ${REFUSAL} }
  }
  ${ROLLOUT_FIELDS}
`;

export const RESUME_ROLLOUT = /* GraphQL */ `
  mutation ResumeRollout($version: Count!, $reason: String) {
    result: resumeRollout(version: $version, reason: $reason) { ...RolloutFields ${REFUSAL} }
  }
  ${ROLLOUT_FIELDS}
`;

export const ADVANCE_ROLLOUT = /* GraphQL */ `
  mutation AdvanceRollout($version: Count!, $reason: String!) {
    result: advanceRollout(version: $version, reason: $reason) { ...RolloutFields ${REFUSAL} }
  }
  ${ROLLOUT_FIELDS}
`;

export const ROLL_BACK_ROLLOUT = /* GraphQL */ `
  mutation RollBackRollout($version: Count!, $reason: String) {
    result: rollBackRollout(version: $version, reason: $reason) { ...RolloutFields ${REFUSAL} }
  }
  ${ROLLOUT_FIELDS}
`;
