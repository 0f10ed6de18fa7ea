import type { GraphQLSchema } from 'graphql';
import { addAgentState } from './add-agent-state.ts';
import { addAgentUpdates } from './add-agent-updates.ts';
import { addAgents } from './add-agents.ts';
import { addApiTokens } from './add-api-tokens.ts';
import { addAudit } from './add-audit.ts';
import { addDetections } from './add-detections.ts';
import { addEnrollTokens } from './add-enroll-tokens.ts';
import { addExceptions } from './add-exceptions.ts';
import { addFleetHealth } from './add-fleet-health.ts';
import { addHabits } from './add-habits.ts';
import { addIdentities } from './add-identities.ts';
import { addLabels } from './add-labels.ts';
import { addOutcomeCount } from './add-outcome-count.ts';
import { addOutputs } from './add-outputs.ts';
import { addPolicies } from './add-policies.ts';
import { addRollouts } from './add-rollouts.ts';
import { addServices } from './add-services.ts';
import { addSources } from './add-sources.ts';
import { addTrend } from './add-trend.ts';
import { addUserErrors } from './add-user-errors.ts';
import { addViewer } from './add-viewer.ts';
import { addWhatIf } from './add-what-if.ts';
import { createBuilder } from './builder.ts';
import { addEnums } from './enums.ts';
import { addScalars } from './scalars.ts';

/** The whole API; schema.graphql is its printed form. */
export function createSchema(): GraphQLSchema {
  const builder = createBuilder();
  builder.queryType({ description: 'What is known.' });
  builder.mutationType({ description: 'What an administrator changes.' });
  builder.subscriptionType({ description: 'What becomes known, as server-sent events.' });
  addScalars(builder);
  addUserErrors(builder);
  const enums = addEnums(builder);
  const labels = addLabels(builder);
  const policies = addPolicies(builder, labels);
  const Agent = addAgents(builder, {
    ...addIdentities(builder, labels),
    AgentState: addAgentState(builder),
    AgentPolicy: policies.AgentPolicy,
  });
  addAgentUpdates(builder, Agent);
  const OutcomeCount = addOutcomeCount(builder, enums);
  const { Detection, Listener } = addDetections(builder, enums, Agent, OutcomeCount);
  const Service = addServices(builder, { Agent, OutcomeCount, Listener });
  addSources(builder, { OutcomeCount, Detection, Service, trend: addTrend(builder) });
  addFleetHealth(builder);
  addEnrollTokens(builder, labels);
  addApiTokens(builder, addViewer(builder));
  addOutputs(builder, enums);
  addAudit(builder);
  addExceptions(builder, labels);
  addHabits(builder);
  addWhatIf(builder, enums, labels, policies);
  addRollouts(builder, policies);
  // In the order of the code: what matters comes first.
  return builder.toSchema({ sortSchema: false });
}
