import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { processItems } from '../../shared/process-items.ts';

const odd = async (n: number): Promise<number> => {
  if (n % 2 === 0) {
    throw new Error(`${n} is even`);
  }
  return n * 10;
};

describe('processItems', () => {
  it('keeps the results of the others when one fails, and names the item that failed', async () => {
    const settled = await processItems([1, 2, 3], odd);

    expect(settled).toEqual({ done: [10, 30], failed: [{ item: 2, error: new Error('2 is even') }] });
  });

  it('treats a synchronous error as a failure of the item', async () => {
    const settled = await processItems([1], () => {
      throw new Error('at once');
    });

    expect(settled).toEqual({ done: [], failed: [{ item: 1, error: new Error('at once') }] });
  });

  it('settles no items into nothing', async () => {
    expect(await processItems([], odd, { concurrency: 3 })).toEqual({ done: [], failed: [] });
  });

  it('keeps a result that is an array or undefined', async () => {
    const { done } = await processItems([1, 2], async (n) => (n === 1 ? [1, 1] : undefined));

    expect(done).toEqual([[1, 1], undefined]);
  });

  it('starts all items at once by default', async () => {
    let running = 0;
    let most = 0;

    await processItems([1, 2, 3, 4, 5], async () => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
    });

    expect(most).toBe(5);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY])('refuses a concurrency of %s', async (concurrency) => {
    await expect(processItems([1], odd, { concurrency })).rejects.toThrow(
      new RangeError(`Concurrency must be an integer from 1 up, but is ${concurrency}`),
    );
  });

  it('settles each item once, in order, and never more at once than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.record({ id: fc.nat(), fails: fc.boolean() }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (scheduler, items, concurrency) => {
          let running = 0;
          let most = 0;
          const work = async (item: { id: number; fails: boolean }): Promise<number> => {
            running += 1;
            most = Math.max(most, running);
            await scheduler.schedule(Promise.resolve());
            running -= 1;
            if (item.fails) {
              throw item;
            }
            return item.id;
          };

          const settled = await scheduler.waitFor(processItems(items, work, { concurrency }));

          expect(settled.done).toEqual(items.filter(({ fails }) => !fails).map(({ id }) => id));
          expect(settled.failed).toEqual(items.filter(({ fails }) => fails).map((item) => ({ item, error: item })));
          expect(most).toBe(Math.min(concurrency, items.length));
        },
      ),
    );
  });
});
