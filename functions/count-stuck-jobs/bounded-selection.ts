/** Keeps the first few of many, in an order, in bounded memory. */

export type BoundedSelection<Item> = {
  add(item: Item): void;
  /** The items kept, in order. */
  items(): Item[];
};

/** Makes a keeper of the first `limit` items; among equals, those that came first. */
export const createBoundedSelection = <Item>(
  limit: number,
  compare: (one: Item, other: Item) => number,
): BoundedSelection<Item> => {
  let kept: Item[] = [];
  let last: Item | undefined;

  const prune = (): void => {
    kept = kept.sort(compare).slice(0, limit);
    last = kept.length === limit ? kept.at(-1) : undefined;
  };

  return {
    add: (item) => {
      if (last !== undefined && compare(item, last) >= 0) {
        return;
      }
      kept.push(item);
      // Sorting now and then costs less than keeping order.
      if (kept.length >= 2 * limit) {
        prune();
      }
    },
    items: () => {
      prune();
      return [...kept];
    },
  };
};
