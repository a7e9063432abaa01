import { describe, expect, it } from 'vitest';
import { isFigure, median } from '../../bench/figures.ts';
import { missedIn, pageOf, type Report, ratioOf } from '../../bench/report.ts';

const aReport = (isKept = true): Report => ({
  at: '2026-11-22T20:00:00.000Z',
  commit: 'abc1234',
  machine: { processor: '2 x fast' },
  versions: { Node: 'v24.21.0' },
  measurements: [
    {
      name: 'start-up',
      seconds: 12.3,
      figures: [
        { what: 'a | b', isKept, measured: { value: 1.23456, limit: 2, unit: 'of the bare client' } },
        { what: 'arrivals', isKept: true, measured: { value: 1_000, limit: 500, unit: 'a second', isMinimum: true } },
        { what: 'nothing too many', isKept: true, measured: { value: 0, limit: 0, unit: 'messages' } },
        { what: 'it holds', isKept: true },
      ],
    },
  ],
});

describe('pageOf', () => {
  it('says of each figure its value, its limit and its part of it, with machine and versions', () => {
    expect(pageOf(aReport())).toBe(`# Measurements

2026-11-22T20:00:00.000Z, commit abc1234. 4 figures, all within their limits.

Machine: processor 2 x fast.

Versions: Node v24.21.0.

## start-up

Took 12 s.

| figure | value | limit | ratio to it | kept |
| --- | --- | --- | --- | --- |
| a \\| b | 1.23 of the bare client | at most 2 | 0.617 | yes |
| arrivals | 1,000 a second | at least 500 | 2 | yes |
| nothing too many | 0 messages | at most 0 |  | yes |
| it holds |  |  |  | yes |
`);
  });

  it('shows what was missed', () => {
    expect(missedIn(aReport(false))).toBe(1);
    expect(pageOf(aReport(false))).toContain('4 figures, 1 beyond their limits.');
    expect(pageOf(aReport(false))).toContain('| 0.617 | **no** |');
  });
});

describe('ratioOf', () => {
  it('has no answer where the limit is nothing', () => {
    expect(ratioOf({ value: 1, limit: 0, unit: 'messages' })).toBeUndefined();
  });
});

describe('isFigure', () => {
  it.each([
    [{ what: 'a', isKept: true }, true],
    ['ready', false],
    [null, false],
  ])('knows %j', (message, expected) => {
    expect(isFigure(message)).toBe(expected);
  });
});

describe('median', () => {
  it('is the one in the middle, of nothing 0', () => {
    expect([median([3, 1, 2]), median([])]).toEqual([2, 0]);
  });
});
