import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { earlier, later } from '../../shared/instants.ts';

describe('later', () => {
  it('adds to an instant without changing it', () => {
    const at = new Date('2026-11-22T23:59:59.500Z');

    const after = later(at, 1_000);

    expect(after).toEqual(new Date('2026-11-23T00:00:00.500Z'));
    expect(at).toEqual(new Date('2026-11-22T23:59:59.500Z'));
  });
});

describe('earlier', () => {
  it('takes back what was added', () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }),
        fc.nat(),
        (at, byMs) => {
          expect(earlier(later(at, byMs), byMs)).toEqual(at);
          expect(earlier(at, byMs).getTime()).toBe(at.getTime() - byMs);
        },
      ),
    );
  });
});
