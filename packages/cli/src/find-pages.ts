/** One page of a list, as GraphQL answers it. */
export type Page<Node> = {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
};

/** The first items of a list, page by page, at most `limit`: a finite number, or Infinity for all. */
export async function findPages<Node>(
  limit: number,
  pageSize: number,
  find: (place: { readonly first: number; readonly after: string | null }) => Promise<Page<Node>>,
): Promise<Node[]> {
  const found: Node[] = [];
  let after: string | null = null;
  do {
    const page: Page<Node> = await find({ first: Math.min(pageSize, limit - found.length), after });
    found.push(...page.nodes);
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null && found.length < limit);
  return found;
}
