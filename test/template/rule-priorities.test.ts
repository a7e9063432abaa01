import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rulePriorities } from '../../template/rule-priorities.ts';

describe('rulePriorities', () => {
  it('gives each name its own priority within the range, also in a full range', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 20 }),
        (names, from, spare) => {
          const to = from + names.length - 1 + spare;

          const priorities = rulePriorities(names, [from, to]);

          expect([...priorities.keys()].toSorted()).toEqual(names.toSorted());
          expect(new Set(priorities.values()).size).toBe(names.length);
          expect([...priorities.values()].every((priority) => priority >= from && priority <= to)).toBe(true);
          expect(rulePriorities(names.toReversed(), [from, to])).toEqual(priorities);
        },
      ),
    );
  });

  it('keeps the priorities of the others when a name comes or goes, in the range of a listener', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.domain(), { minLength: 2, maxLength: 8 }), (names) => {
        const all = rulePriorities(names, [1, 50_000]);
        const rest = rulePriorities(names.slice(1), [1, 50_000]);

        expect(names.slice(1).map((name) => rest.get(name))).toEqual(names.slice(1).map((name) => all.get(name)));
      }),
      // Two of eight names meet once in two thousand times.
      { seed: 1, numRuns: 100 },
    );
  });
});
