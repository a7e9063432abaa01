/** Processes independent items, so that the failure of one costs no other. */

/** The results of items, and each failure with its item, both in the order of the items. */
export type Processed<Item, Result> = {
  readonly done: Result[];
  readonly failed: { readonly item: Item; readonly error: unknown }[];
};

export type ProcessOptions = {
  /**
   * The number of items that are processed at once: an integer from 1 up.
   *
   * @defaultValue all items
   */
  readonly concurrency?: number;
};

type Slot<Item, Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly item: Item; readonly error: unknown };

/**
 * Calls a function for every item and waits for all of them.
 *
 * @returns a promise that never rejects because of an item: the caller decides about failures
 * @throws RangeError when the concurrency is not an integer from 1 up
 */
export const processItems = async <Item, Result>(
  items: readonly Item[],
  f: (item: Item) => Promise<Result> | Result,
  { concurrency = Number.POSITIVE_INFINITY }: ProcessOptions = {},
): Promise<Processed<Item, Result>> => {
  if (concurrency !== Number.POSITIVE_INFINITY && !(Number.isInteger(concurrency) && concurrency >= 1)) {
    throw new RangeError(`Concurrency must be an integer from 1 up, but is ${concurrency}`);
  }
  const slots: Slot<Item, Result>[] = [];
  const waiting = items.entries();

  const work = async (): Promise<void> => {
    // All workers share one iterator, so each item is processed once.
    for (const [index, item] of waiting) {
      try {
        slots[index] = { kind: 'done', result: await f(item) };
      } catch (error) {
        slots[index] = { kind: 'failed', item, error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work));

  return {
    done: slots.flatMap((slot) => (slot.kind === 'done' ? [slot.result] : [])),
    failed: slots.flatMap((slot) => (slot.kind === 'failed' ? [{ item: slot.item, error: slot.error }] : [])),
  };
};
