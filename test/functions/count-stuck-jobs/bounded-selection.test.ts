import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBoundedSelection } from '../../../functions/count-stuck-jobs/bounded-selection.ts';

describe('createBoundedSelection', () => {
  it('keeps the same items as sorting all of them, in any order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ since: fc.integer({ min: 0, max: 50 }), name: fc.string() }), { maxLength: 200 }),
        fc.integer({ min: 1, max: 30 }),
        (items, limit) => {
          const oldest = createBoundedSelection<(typeof items)[number]>(limit, (one, other) => one.since - other.since);

          items.forEach((item, index) => {
            oldest.add(item);
            // Asking in between changes nothing.
            if (index % 17 === 0) oldest.items();
          });

          expect(oldest.items()).toEqual(items.toSorted((one, other) => one.since - other.since).slice(0, limit));
        },
      ),
    );
  });

  it('hands out a list of its own', () => {
    const oldest = createBoundedSelection<number>(3, (one, other) => one - other);
    oldest.add(1);

    oldest.items().push(2);

    expect(oldest.items()).toEqual([1]);
  });
});
