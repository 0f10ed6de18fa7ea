#!/usr/bin/env node
import { addCommand, createProgram, runProgram } from '@connscan/program';
import { addCompletion } from './add-completion.ts';
import type { AgentsAnswer, RevokedAgentAnswer } from './answers.ts';
import { addAuditCommand } from './audit-command.ts';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { addDetectionCommands } from './detection-commands.ts';
import { AGENTS, REVOKE_AGENT } from './documents.ts';
import { addEnrollTokenCommands } from './enroll-token-commands.ts';
import { addExceptionCommands } from './exception-commands.ts';
import { formatAgents } from './format-agents.ts';
import { ask, change, createGraphqlClient } from './graphql-client.ts';
import { addHabitCommands } from './habit-commands.ts';
import { addOutputCommands } from './output-commands.ts';
import { addPolicyCommands } from './policy-commands.ts';
import type { ReplayArguments } from './replay/replay-options.ts';
import { addSourceCommands } from './source-commands.ts';
import { addSuggestCommand } from './suggest-command.ts';
import { addTokenCommands } from './token-commands.ts';
import { addTrendCommand } from './trend-command.ts';
import { VERSION } from './version.ts';
import { addWhatIfCommand } from './what-if-command.ts';

const program = createProgram('connscan', 'Asks the aggregator what was found, or looks for it in files', VERSION);
// Or its --version would be taken for that of what-if.
program.enablePositionalOptions();

addDetectionCommands(program);
addSourceCommands(program);
addTrendCommand(program);
addOutputCommands(program);

const agents = addClientCommand(program, 'agents', 'Lists the agents and what each has lost')
  // Or it would take the options of its own commands.
  .enablePositionalOptions()
  .action(async (args: ClientArguments, command) => {
    refuseProblems(command);
    const answer = await ask<AgentsAnswer>(createGraphqlClient(args), AGENTS, {});
    print(args, answer.agents, formatAgents);
  });

addClientCommand(agents, 'revoke <id>', 'Takes the identity of an agent back for ever').action(
  async (id: string, args: ClientArguments, command) => {
    refuseProblems(command);
    const { revokeAgent } = await change<RevokedAgentAnswer>(createGraphqlClient(args), REVOKE_AGENT, { id });
    print(args, revokeAgent, ({ agentId, revokedAt }) => `agent ${agentId} was revoked at ${revokedAt}\n`);
  },
);

addEnrollTokenCommands(program);
addTokenCommands(program);
addAuditCommand(program);
addPolicyCommands(program);
addWhatIfCommand(program);
addSuggestCommand(program);
addExceptionCommands(program);
addHabitCommands(program);

addCommand(program, 'replay [files...]', 'Looks for scans in Zeek conn.logs and recordings of the probe')
  .option('--threshold <services>', 'distinct services that make a detection of low severity')
  .option('--rollup <seconds>', 'period in which services are counted')
  .option('--policy <file>', 'all settings of the detection in YAML, as under `policy` in docs/configuration.md')
  .option('--json', 'as JSON, one object a line')
  .action(async (files: readonly string[], args: ReplayArguments) => {
    // Only this command needs the detector and the readers of files.
    const { replayCommand } = await import('./replay/replay-command.ts');
    process.exitCode = await replayCommand(files, args);
  });

addCompletion(program);

await runProgram(program);
