import type { Command } from 'commander';
import type { ApiToken, CreatedTokenAnswer, RevokedTokenAnswer, TokensAnswer } from './access-answers.ts';
import { CREATE_TOKEN, REVOKE_TOKEN, TOKENS } from './access-documents.ts';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { formatTokens } from './format-tokens.ts';
import { type Aggregator, ask, change, createGraphqlClient } from './graphql-client.ts';
import { readWholeNumber } from './read-whole-number.ts';

const ROLES = ['viewer', 'analyst', 'tuner', 'admin'];
const MAX_VALID_DAYS = 3650;

type CreateArguments = ClientArguments & {
  readonly name: string;
  readonly role: string;
  readonly validDays?: string;
};

/** `tokens create|list|revoke`. */
export function addTokenCommands(program: Command): void {
  const group = program.command('tokens').description('Makes, lists and revokes what lets people and programs ask');

  addClientCommand(group, 'create', 'Makes a token; its text, a secret, is shown here and never again')
    .requiredOption('--name <name>', 'what the audit log tells its changes by')
    .requiredOption('--role <role>', ROLES.join(', '))
    .option('--valid-days <number>', 'how long it is good (default: 90)')
    .action(async (args: CreateArguments, command) => {
      const { name, role, validDays } = args;
      const problems: string[] = [];
      if (!ROLES.includes(role))
        problems.push(`--role: must be one of ${ROLES.join(', ')}, is ${JSON.stringify(role)}`);
      const days =
        validDays === undefined ? undefined : readWholeNumber('--valid-days', validDays, MAX_VALID_DAYS, problems);
      refuseProblems(command, problems);
      const variables = { name, role: role.toUpperCase(), validDays: days };
      const { createApiToken } = await change<CreatedTokenAnswer>(createGraphqlClient(args), CREATE_TOKEN, variables);
      print(args, createApiToken, ({ token }) => `${token}\n`);
    });

  addClientCommand(group, 'list', 'Lists the tokens, the latest first').action(
    async (args: ClientArguments, command) => {
      refuseProblems(command);
      print(args, await findTokens(args), (found, screen) => formatTokens(found, Date.now(), screen));
    },
  );

  addClientCommand(group, 'revoke <id>', 'Ends a token for ever').action(
    async (id: string, args: ClientArguments, command) => {
      refuseProblems(command);
      const { revokeApiToken } = await change<RevokedTokenAnswer>(createGraphqlClient(args), REVOKE_TOKEN, { id });
      print(args, revokeApiToken, ({ name, revokedAt }) => `token ${name} was revoked at ${revokedAt}\n`);
    },
  );
}

/** All of them, page by page. */
async function findTokens(aggregator: Aggregator): Promise<ApiToken[]> {
  const client = createGraphqlClient(aggregator);
  const found: ApiToken[] = [];
  let after: string | null = null;
  do {
    const { apiTokens }: TokensAnswer = await ask(client, TOKENS, { after });
    found.push(...apiTokens.nodes);
    after = apiTokens.pageInfo.hasNextPage ? apiTokens.pageInfo.endCursor : null;
  } while (after !== null);
  return found;
}
