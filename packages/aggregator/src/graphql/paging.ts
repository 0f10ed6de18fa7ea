import type { Page } from '../store/page.ts';
import { DEFAULT_ITEMS } from './field-cost.ts';
import { InvalidInput } from './user-error.ts';

const MAX_ITEMS = 200;

type PagingArguments = {
  readonly first?: number | null | undefined;
  readonly last?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly before?: string | null | undefined;
};

/** How a list's items are placed: the text of an item's place, and the place of a text if it is one. */
export type Order<Item, Position> = {
  readonly textOf: (item: Item) => string;
  readonly parse: (text: string) => Position | undefined;
};

/** A Relay connection over a list in the store; arguments that make no sense are BAD_USER_INPUT. */
export async function resolvePage<Item, Position>(
  { first, last, after, before }: PagingArguments,
  order: Order<Item, Position>,
  find: (page: Page<Position>) => Promise<Item[]>,
) {
  checkCount('first', first);
  checkCount('last', last);
  if (first != null && last != null) throw new InvalidInput('last', 'cannot be given together with first');
  const page = { after: readCursor('after', after, order), before: readCursor('before', before, order) };
  const reversed = last != null;
  const size = first ?? last ?? DEFAULT_ITEMS;
  // One more than asked for, to know whether there are more.
  const found = await find({ ...page, limit: size + 1, reversed });
  const more = found.length > size;
  const items = reversed ? found.slice(0, size).reverse() : found.slice(0, size);
  const edges = items.map((node) => ({ cursor: Buffer.from(order.textOf(node)).toString('base64url'), node }));
  return {
    edges,
    pageInfo: {
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasPreviousPage: reversed ? more : page.after !== undefined,
      hasNextPage: reversed ? page.before !== undefined : more,
    },
  };
}

function checkCount(argument: string, count: number | null | undefined): void {
  if (count != null && (count < 1 || count > MAX_ITEMS)) {
    throw new InvalidInput(argument, `must be from 1 to ${MAX_ITEMS}, is ${count}`);
  }
}

function readCursor<Item, Position>(
  argument: string,
  cursor: string | null | undefined,
  order: Order<Item, Position>,
): Position | undefined {
  if (cursor == null) return undefined;
  const position = order.parse(Buffer.from(cursor, 'base64url').toString());
  if (position === undefined) throw new InvalidInput(argument, 'must be a cursor that this list gave');
  return position;
}
