import { type ASTNode, GraphQLError } from 'graphql';

/** An argument that cannot be used; `problem` says what would be right. */
export function badInput(argument: string, problem: string, nodes: readonly ASTNode[] | undefined = []): GraphQLError {
  return new GraphQLError(`${argument}: ${problem}`, { nodes, extensions: { code: 'BAD_USER_INPUT' } });
}
