export { askGraphql, type Server } from './ask-graphql.ts';
export { requireMachine } from './require-machine.ts';
export { type Stack, startStack } from './start-stack.ts';
