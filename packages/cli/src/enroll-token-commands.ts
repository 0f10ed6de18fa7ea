import type { Command } from 'commander';
import type { EnrollToken, EnrollTokensAnswer, NewEnrollTokenAnswer, RevokedTokenAnswer } from './answers.ts';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { CREATE_ENROLL_TOKEN, ENROLL_TOKENS, REVOKE_ENROLL_TOKEN } from './documents.ts';
import { type NewTokenArguments, readNewToken } from './enroll-token-options.ts';
import { formatEnrollTokens } from './format-enroll-tokens.ts';
import { type Aggregator, ask, change, createGraphqlClient } from './graphql-client.ts';

const collect = (text: string, texts: readonly string[] = []) => [...texts, text];

/** `enroll-token create|list|revoke`. */
export function addEnrollTokenCommands(program: Command): void {
  const group = program.command('enroll-token').description('Makes, lists and revokes what lets hosts enroll agents');

  addClientCommand(group, 'create', 'Makes a token; its text, a secret, is shown here and never again')
    .option('--label <name=value>', 'label of the agents that enroll with it; repeatable', collect)
    .option('--uses <number>', 'how many agents may enroll with it (default: 1)')
    .option('--valid-minutes <number>', 'how long it is good (default: 60)')
    .action(async (args: ClientArguments & NewTokenArguments, command) => {
      const problems: string[] = [];
      const wanted = readNewToken(args, problems);
      refuseProblems(command, problems);
      const client = createGraphqlClient(args);
      const { createEnrollToken } = await change<NewEnrollTokenAnswer>(client, CREATE_ENROLL_TOKEN, wanted);
      print(args, createEnrollToken, ({ token }) => `${token}\n`);
    });

  addClientCommand(group, 'list', 'Lists the tokens, the latest first').action(
    async (args: ClientArguments, command) => {
      refuseProblems(command);
      const tokens = await findEnrollTokens(args);
      print(args, tokens, (found) => formatEnrollTokens(found, Date.now()));
    },
  );

  addClientCommand(group, 'revoke <id>', 'Ends a token; what was enrolled with it stays').action(
    async (id: string, args: ClientArguments, command) => {
      refuseProblems(command);
      const client = createGraphqlClient(args);
      const { revokeEnrollToken } = await change<RevokedTokenAnswer>(client, REVOKE_ENROLL_TOKEN, { id });
      print(args, revokeEnrollToken, ({ revokedAt }) => `token ${id} was revoked at ${revokedAt}\n`);
    },
  );
}

/** All of them, page by page. */
async function findEnrollTokens(aggregator: Aggregator): Promise<EnrollToken[]> {
  const client = createGraphqlClient(aggregator);
  const found: EnrollToken[] = [];
  let after: string | null = null;
  do {
    const { enrollTokens }: EnrollTokensAnswer = await ask(client, ENROLL_TOKENS, { after });
    found.push(...enrollTokens.nodes);
    after = enrollTokens.pageInfo.hasNextPage ? enrollTokens.pageInfo.endCursor : null;
  } while (after !== null);
  return found;
}
