import { REFUSAL } from './documents.ts';

/** The GraphQL documents of outputs; documents.test.ts checks them too. */

const OUTPUT_FIELDS = /* GraphQL */ `
  fragment OutputFields on Output {
    id name kind format target filter { severity confidence alertTypes untriaged } state createdAt createdBy
    waiting delivered failed lastDelivered lastError lastFailed
  }
`;

export const OUTPUTS = /* GraphQL */ `
  query Outputs {
    outputs { ...OutputFields }
  }
  ${OUTPUT_FIELDS}
`;

export const CREATE_OUTPUT = /* GraphQL */ `
  mutation CreateOutput($name: String!, $target: OutputTarget!, $format: OutputFormat, $filter: OutputFilterInput) {
    result: createOutput(name: $name, target: $target, format: $format, filter: $filter) { ...OutputFields ${REFUSAL} }
  }
  ${OUTPUT_FIELDS}
`;

export const ENABLE_OUTPUT = /* GraphQL */ `
  mutation EnableOutput($id: ID!, $enabled: Boolean!) {
    result: updateOutput(id: $id, enabled: $enabled) { ...OutputFields ${REFUSAL} }
  }
  ${OUTPUT_FIELDS}
`;

export const REMOVE_OUTPUT = /* GraphQL */ `
  mutation RemoveOutput($id: ID!) {
    result: removeOutput(id: $id) { ...OutputFields ${REFUSAL} }
  }
  ${OUTPUT_FIELDS}
`;

export const RESEND_FAILED = /* GraphQL */ `
  mutation ResendFailed($id: ID!) {
    result: resendFailed(id: $id) { ...OutputFields ${REFUSAL} }
  }
  ${OUTPUT_FIELDS}
`;

export const TEST_OUTPUT = /* GraphQL */ `
  mutation TestOutput($id: ID!) {
    result: sendTest(id: $id) { ... on TestDelivery { delivered error } ${REFUSAL} }
  }
`;
