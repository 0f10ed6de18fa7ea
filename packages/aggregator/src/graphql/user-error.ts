import { type ASTNode, GraphQLError } from 'graphql';

/**
 * Why a mutation did nothing, for the caller to read and to act on: a member of the union that the mutation answers with.
 * Thrown by a query, which has no union, it is an error with a code.
 */
abstract class UserError extends GraphQLError {}

/** An argument that cannot be used; `message` names it and says what would be right. */
export class InvalidInput extends UserError {
  readonly field: string;

  constructor(field: string, problem: string, nodes: readonly ASTNode[] | undefined = []) {
    super(`${field}: ${problem}`, { nodes, extensions: { code: 'BAD_USER_INPUT' } });
    this.field = field;
  }
}

/** What the mutation is about does not exist; `subject` is what was asked for. */
export class NotFound extends UserError {
  readonly subject: string;

  constructor(subject: string, message: string) {
    super(message, { extensions: { code: 'NOT_FOUND' } });
    this.subject = subject;
  }
}

/** It is not possible as things are now, such as with what another one has changed meanwhile. */
export class Conflict extends UserError {
  constructor(message: string) {
    super(message, { extensions: { code: 'CONFLICT' } });
  }
}

/** A change that makes the fleet see less needs a reason. */
export class ReasonMissing extends UserError {
  constructor(message = 'reason: a weakening change needs a reason') {
    super(message, { extensions: { code: 'REASON_MISSING' } });
  }
}
