import { type GraphQLError, type ValidationRule, ValuesOfCorrectTypeRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { NamedValuesRule } from './named-values-rule.ts';

/** Gives every error about a value that the client sent the code BAD_USER_INPUT and the name of the value. */
export function useBadUserInput(): Plugin {
  return {
    onValidate({ validateFn, setValidationFn }) {
      setValidationFn((schema, document, rules: readonly ValidationRule[]) =>
        validateFn(schema, document, [...rules.filter((rule) => rule !== ValuesOfCorrectTypeRule), NamedValuesRule]),
      );
    },
    onExecutionResult({ result }) {
      if (!result || Symbol.asyncIterator in result) return;
      for (const { path, extensions } of (result.errors ?? []) as GraphQLError[]) {
        // Only what is wrong with the variables is found after validation and before any field.
        if (path === undefined) extensions.code ??= 'BAD_USER_INPUT';
      }
    },
  };
}
