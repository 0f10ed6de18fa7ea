import { type GraphQLField, getNamedType, isLeafType } from 'graphql';

/** Items of a page if neither `first` nor `last` is given. */
export const DEFAULT_ITEMS = 50;

/** What a list without pages is taken for. */
const LIST = 10;

type CostlyField = Pick<GraphQLField<unknown, unknown>, 'name' | 'type' | 'args'>;
type Pages = { readonly first?: number | null; readonly last?: number | null };

/** The cost of a field is how many objects it may answer with: a page has as many as were asked for, a scalar is none. */
export function fieldCost(args: Pages, _context: object, field: CostlyField) {
  if (isLeafType(getNamedType(field.type))) return { field: 0, multiplier: 1 };
  if (field.args.some(({ name }) => name === 'first')) {
    return { field: 1, multiplier: args.first ?? args.last ?? DEFAULT_ITEMS };
  }
  // The page that they are of has counted them.
  if (field.name === 'nodes' || field.name === 'edges') return { field: 1, multiplier: 1 };
  const items = `${field.type}`.startsWith('[') ? LIST : 1;
  return { field: items, multiplier: items };
}
