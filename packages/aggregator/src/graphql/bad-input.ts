import { GraphQLError } from 'graphql';

/** An argument that cannot be used; `problem` says what would be right. */
export function badInput(argument: string, problem: string): GraphQLError {
  return new GraphQLError(`${argument}: ${problem}`, { extensions: { code: 'BAD_USER_INPUT' } });
}
