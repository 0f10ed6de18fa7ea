import { type GraphQLField, type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql';
import { includesRole, ROLES, type Role } from './actor.ts';

/** Who may have a field: the answer for somebody without a token, and for each role. */
export type AccessRow = Readonly<Record<'nobody' | Role, 'yes' | 'no'>>;

type Rules = { readonly pothosOptions?: { readonly authScopes?: Partial<Record<Role, true>> } };

/** Types that hold nothing of their own; what they lead to has rules. */
const ROOTS: readonly string[] = ['Query', 'Mutation', 'Subscription'];

/** Every field of the API by `Type.field`, in the order of their names. Throws for a field that has no rule. */
export function accessMatrix(schema: GraphQLSchema): Map<string, AccessRow> {
  const rows = new Map<string, AccessRow>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!(isObjectType(type) || isInterfaceType(type)) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const rules = ROOTS.includes(type.name) ? [roleOf(field)] : [roleOf(type), roleOf(field)];
      const needed = ROLES.findLast((role) => rules.includes(role));
      if (!needed) throw new Error(`${type.name}.${field.name}: has no authScopes, and neither has its type`);
      rows.set(`${type.name}.${field.name}`, rowOf(needed));
    }
  }
  return new Map([...rows].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The matrix as it is committed: a table in Markdown with a line for each field. */
export function formatAccessMatrix(matrix: ReadonlyMap<string, AccessRow>): string {
  const columns = ['nobody', ...ROLES] as const;
  const lines = [...matrix].map(([field, row]) => `| ${field} | ${columns.map((column) => row[column]).join(' | ')} |`);
  return `| field | ${columns.join(' | ')} |\n|---|${'---|'.repeat(columns.length)}\n${lines.join('\n')}\n`;
}

/** The one role that a rule asks for. Throws for a rule that is not of that form, which this matrix could not show. */
function roleOf({ name, extensions }: Pick<GraphQLField<unknown, unknown>, 'name' | 'extensions'>): Role | undefined {
  const { authScopes } = (extensions as Rules).pothosOptions ?? {};
  if (authScopes === undefined) return undefined;
  const [role, ...others] = ROLES.filter((one) => authScopes[one] === true);
  if (!role || others.length > 0) throw new Error(`${name}: its authScopes must be one role`);
  return role;
}

function rowOf(needed: Role): AccessRow {
  const answers = ROLES.map((role) => [role, includesRole(role, needed) ? 'yes' : 'no']);
  return { nobody: 'no', ...Object.fromEntries(answers) } as AccessRow;
}
