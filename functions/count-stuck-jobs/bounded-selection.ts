/** Keeps the first items of many by an order, in bounded memory. */

export type BoundedSelection<Item> = {
  add(item: Item): void;
  /** The items kept, in order. */
  items(): Item[];
};

/** Makes a selection of the first `limit` items; among equal items, those that came first. */
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
      // Sorting sometimes costs less than keeping the order.
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
