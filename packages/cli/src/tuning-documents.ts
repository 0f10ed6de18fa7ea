import { REFUSAL } from './documents.ts';

/** The GraphQL documents of what-ifs, suggestions, exceptions and habits; documents.test.ts checks them too. */

export const START_WHAT_IF = /* GraphQL */ `
  mutation StartWhatIf($input: WhatIfInput!) {
    result: startWhatIf(input: $input) { ... on WhatIf { id } ${REFUSAL} }
  }
`;

/** How far it is and no more, as it is told again and again. */
export const WHAT_IF_PROGRESS = /* GraphQL */ `
  subscription WhatIfProgress($id: ID!) {
    whatIf: whatIfProgress(id: $id) { state progress problem }
  }
`;

export const CANCEL_WHAT_IF = /* GraphQL */ `
  mutation CancelWhatIf($id: ID!) {
    result: cancelWhatIf(id: $id) { ... on WhatIf { state } ${REFUSAL} }
  }
`;

const WHAT_IF_FIELDS = /* GraphQL */ `
  fragment WhatIfFields on WhatIf {
    id state since until labels { name value }
    changes { path before after weakens }
    result {
      sightings evicted presentTotal candidateTotal gainedTotal lostTotal changedSources
      models {
        model presentLow candidateLow
        present { ...CountFields }
        candidate { ...CountFields }
        curve { low confirmed detections { ...CountFields } }
      }
      sources { source sourcePrefixBits model present candidate gained lost raised lowered }
      gained { ...FoundFields }
      lost { ...FoundFields }
    }
  }
  fragment CountFields on SeverityCounts { low medium high total }
  fragment FoundFields on WhatIfDetection {
    model source sourcePrefixBits severity confidence rule distinctServices distinctHosts failedServices startedAt endedAt
  }
`;

export const WHAT_IF = /* GraphQL */ `
  query WhatIf($id: ID!) {
    whatIf(id: $id) { ...WhatIfFields }
  }
  ${WHAT_IF_FIELDS}
`;

export const START_SUGGESTION = /* GraphQL */ `
  mutation StartSuggestion($input: SuggestionInput!) {
    result: startSuggestion(input: $input) { ... on WhatIf { id } ${REFUSAL} }
  }
`;

export const SUGGESTION = /* GraphQL */ `
  query Suggestion($id: ID!) {
    whatIf(id: $id) {
      ...WhatIfFields
      result {
        suggestion {
          detectionsPerWeek historySeconds document
          models {
            model reached presentPerWeek suggestedPerWeek otherRulesPerWeek
            present { low medium high }
            suggested { low medium high }
          }
        }
      }
    }
  }
  ${WHAT_IF_FIELDS}
`;

const EXCEPTION_FIELDS = /* GraphQL */ `
  fragment ExceptionFields on Exception {
    name reason owner sources targets ports processes expiresAt expired hits document selector { name value }
    createdAt createdBy updatedAt updatedBy
  }
`;

export const EXCEPTIONS = /* GraphQL */ `
  query Exceptions {
    exceptions { ...ExceptionFields }
  }
  ${EXCEPTION_FIELDS}
`;

export const CREATE_EXCEPTION = /* GraphQL */ `
  mutation CreateException($input: ExceptionInput!) {
    result: createException(input: $input) { ...ExceptionFields ${REFUSAL} }
  }
  ${EXCEPTION_FIELDS}
`;

export const UPDATE_EXCEPTION = /* GraphQL */ `
  mutation UpdateException($input: ExceptionInput!) {
    result: updateException(input: $input) { ...ExceptionFields ${REFUSAL} }
  }
  ${EXCEPTION_FIELDS}
`;

export const REMOVE_EXCEPTION = /* GraphQL */ `
  mutation RemoveException($name: String!, $reason: String) {
    result: removeException(name: $name, reason: $reason) { ...ExceptionFields ${REFUSAL} }
  }
  ${EXCEPTION_FIELDS}
`;

const HABIT_FIELDS = /* GraphQL */ `
  fragment HabitFields on Habit {
    source sourcePrefixBits destination port decision state since periodSeconds lastSeen
  }
`;

export const HABITS = /* GraphQL */ `
  query Habits($source: Address, $first: Int!) {
    habits(source: $source, first: $first) { ...HabitFields }
  }
  ${HABIT_FIELDS}
`;

const decide = (name: string, field: string) => /* GraphQL */ `
  mutation ${name}($source: Address!, $destination: Address!, $port: Int!, $reason: String) {
    result: ${field}(source: $source, destination: $destination, port: $port, reason: $reason) {
      ...HabitFields
      ${REFUSAL}
    }
  }
  ${HABIT_FIELDS}
`;

export const PIN_HABIT = decide('PinHabit', 'pinHabit');
export const REVOKE_HABIT = decide('RevokeHabit', 'revokeHabit');
export const FORGET_HABIT = decide('ForgetHabit', 'forgetHabit');
