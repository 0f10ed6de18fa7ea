import { readFile } from 'node:fs/promises';
import { ConnscanError } from '@connscan/model';
import type { Command } from 'commander';
import type { PoliciesAnswer, RolledBackAnswer, SetPolicyAnswer } from './answers.ts';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { POLICIES, POLICY_DIFF, ROLL_BACK_POLICY, SET_POLICY } from './documents.ts';
import { formatPolicies, formatPolicy, formatSetPolicy } from './format-policies.ts';
import { formatPolicyDiff, type PolicyChange } from './format-policy-diff.ts';
import { type Aggregator, ask, change, createGraphqlClient } from './graphql-client.ts';
import { readLabels } from './read-labels.ts';
import { readVersion } from './read-version.ts';
import { addRolloutCommands } from './rollout-commands.ts';

type SetArguments = ClientArguments & {
  readonly name?: string;
  readonly label?: readonly string[];
  readonly reason?: string;
  readonly draft?: boolean;
};

type RollBackArguments = ClientArguments & { readonly reason?: string };

type DiffArguments = ClientArguments & { readonly label?: readonly string[] };

const collect = (text: string, texts: readonly string[] = []) => [...texts, text];

/** `policy get|set|diff|rollback`, and what rolls drafts out. */
export function addPolicyCommands(program: Command): void {
  const group = program.command('policy').description('Shows and sets what the agents detect and with which limits');

  addClientCommand(group, 'get [version]', 'Lists the documents, the latest first, or shows one').action(
    async (text: string | undefined, args: ClientArguments, command) => {
      const problems: string[] = [];
      const version = text === undefined ? undefined : readVersion('version', text, problems);
      refuseProblems(command, problems);
      const policies = await findPolicies(args);
      if (version === undefined) return print(args, policies, formatPolicies);
      const policy = policies.find((one) => one.version === version);
      if (!policy) throw new ConnscanError('BAD_USAGE', `version: there is no policy of version ${version}`);
      print(args, policy, formatPolicy);
    },
  );

  addClientCommand(group, 'set <file>', 'Sets a document in YAML or JSON, in the place of the one of its name')
    .option('--reason <text>', 'why, for the audit log; needed if the fleet sees less by it')
    .option('--name <name>', 'what it is a version of (default: default)')
    .option('--label <name=value>', 'label that an agent must have; repeatable', collect)
    .option('--draft', 'for nobody until `policy rollout`')
    .action(async (file: string, args: SetArguments, command) => {
      const problems: string[] = [];
      const selector = readLabels(args.label ?? [], problems);
      const document = await readFile(file, 'utf8').catch((error: Error) => {
        problems.push(error.message);
        return '';
      });
      refuseProblems(command, problems);
      const { name, reason, draft } = args;
      const variables = { name, selector, document, reason, draft };
      const { setPolicy } = await change<SetPolicyAnswer>(createGraphqlClient(args), SET_POLICY, variables);
      print(args, setPolicy, formatSetPolicy);
    });

  addClientCommand(group, 'diff <from> [to]', 'Shows what changes from one version to another, or to what is in force')
    .option('--label <name=value>', 'of agents with this label (default: those of the document); repeatable', collect)
    .action(async (fromText: string, toText: string | undefined, args: DiffArguments, command) => {
      const problems: string[] = [];
      const from = readVersion('from', fromText, problems);
      const given = toText === undefined ? undefined : readVersion('to', toText, problems);
      const labels = args.label && readLabels(args.label, problems);
      refuseProblems(command, problems);
      const to = given ?? (await findPolicies(args)).find((one) => one.reach === 1 && !one.withdrawnAt)?.version ?? 0;
      type Answer = { readonly policyDiff: readonly PolicyChange[] };
      const { policyDiff } = await ask<Answer>(createGraphqlClient(args), POLICY_DIFF, { from, to, labels });
      print(args, policyDiff, formatPolicyDiff);
    });

  addRolloutCommands(group);

  addClientCommand(group, 'rollback <version>', 'Withdraws every document above a version; 0 withdraws all')
    .option('--reason <text>', 'why, for the audit log; needed if the fleet sees less by it')
    .action(async (text: string, args: RollBackArguments, command) => {
      const problems: string[] = [];
      const version = readVersion('version', text, problems);
      refuseProblems(command, problems);
      const variables = { version, reason: args.reason };
      const answer = await change<RolledBackAnswer>(createGraphqlClient(args), ROLL_BACK_POLICY, variables);
      print(args, answer.rollBackPolicy, ({ withdrawn }) => `${withdrawn} documents were withdrawn\n`);
    });
}

async function findPolicies(aggregator: Aggregator): Promise<PoliciesAnswer['policies']> {
  const { policies } = await ask<PoliciesAnswer>(createGraphqlClient(aggregator), POLICIES, {});
  return policies;
}
