/** Reads lists that come in pages. */

export type Page<Item> = { readonly items: readonly Item[]; readonly nextToken?: string | undefined };

/**
 * Collects the items of all pages.
 *
 * @param ask - asks for one page: the first, or the one that a token stands for
 * @throws Error when a token comes again, which would go on for ever
 */
export const allPages = async <Item>(ask: (nextToken: string | undefined) => Promise<Page<Item>>): Promise<Item[]> => {
  const all: Item[] = [];
  const tokens = new Set<string>();
  let next: string | undefined;
  for (;;) {
    const { items, nextToken } = await ask(next);
    all.push(...items);
    // Some services write an empty one where there is no more.
    if (nextToken === undefined || nextToken === '') {
      return all;
    }
    if (tokens.has(nextToken)) {
      throw new Error(`A page token was repeated after ${tokens.size} pages`);
    }
    tokens.add(nextToken);
    next = nextToken;
  }
};
