import {
  type ASTVisitor,
  type GraphQLError,
  type ValidationContext,
  ValuesOfCorrectTypeRule,
  visitInParallel,
} from 'graphql';
import { InvalidInput } from './user-error.ts';

/** GraphQL's own rule for literal values, whose errors do not tell which argument is wrong: this one names it. */
export function NamedValuesRule(context: ValidationContext): ASTVisitor {
  const path: string[] = [];
  const enter = ({ name }: { name: { value: string } }): void => {
    path.push(name.value);
  };
  const leave = (): void => {
    path.pop();
  };
  const named = Object.create(context, {
    reportError: {
      value: ({ message, nodes }: GraphQLError) => {
        context.reportError(new InvalidInput(path.join('.') || 'value', message, nodes));
      },
    },
  });
  return visitInParallel([
    { Argument: { enter, leave }, ObjectField: { enter, leave } },
    ValuesOfCorrectTypeRule(named),
  ]);
}
