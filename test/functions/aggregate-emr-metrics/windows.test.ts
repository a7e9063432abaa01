import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginningOf,
  firstWindows,
  fromFirstLife,
  newestEnd,
  planWindows,
  WINDOW_MS,
  windowStarts,
  windowsIn,
} from '../../../functions/aggregate-emr-metrics/windows.ts';
import { DAY_MS } from '../../../shared/durations.ts';
import { aCluster, at } from '../../support/emr-builders.ts';

describe('newestEnd', () => {
  it.each([
    ['03:14:59', '03:00'],
    ['03:15', '03:05'],
    ['03:19:59', '03:05'],
  ])('is, at %s with a lag of ten minutes, %s', (now, end) => {
    expect(newestEnd(at(now), 10)).toEqual(at(end));
  });

  it('is never younger than the lag, nor older than that and a window', () => {
    fc.assert(
      fc.property(
        fc.date({ min: at('00:00'), noInvalidDate: true, max: new Date('2100-01-01') }),
        fc.integer({ min: 0, max: 120 }),
        (now, lag) => {
          const age = now.getTime() - newestEnd(now, lag).getTime();

          expect(age).toBeGreaterThanOrEqual(lag * 60_000);
          expect(age).toBeLessThan(lag * 60_000 + WINDOW_MS);
          expect(Math.abs(newestEnd(now, lag).getTime() % WINDOW_MS)).toBe(0);
        },
      ),
    );
  });
});

describe('planWindows', () => {
  const now = at('03:15');
  const newest = at('03:05');

  it('goes on where the watermark is', () => {
    expect(planWindows(at('02:40'), newest, now)).toEqual({ span: { from: at('02:40'), to: newest } });
  });

  it.each(['03:05', '03:10'])('has nothing to do when all is done until %s', (done) => {
    expect(planWindows(at(done), newest, now)).toBeUndefined();
  });

  it('names the windows that are two weeks old as expired', () => {
    const plan = planWindows(new Date(now.getTime() - 20 * DAY_MS), newest, now);

    const from = new Date(at('04:15').getTime() - 14 * DAY_MS + WINDOW_MS);
    expect(plan).toEqual({
      span: { from, to: newest },
      expired: { from: new Date(now.getTime() - 20 * DAY_MS), to: from },
    });
  });

  it('leaves an hour to publish the oldest window, in which CloudWatch still takes it', () => {
    fc.assert(
      fc.property(fc.date({ min: at('00:00'), max: at('23:59'), noInvalidDate: true }), (time) => {
        const plan = planWindows(new Date(0), newestEnd(time, 10), time);

        const age = time.getTime() - (plan?.span.from.getTime() ?? 0);
        expect(age).toBeLessThanOrEqual(14 * DAY_MS - 3_600_000);
        expect(age).toBeGreaterThan(14 * DAY_MS - 3_600_000 - 2 * WINDOW_MS);
      }),
    );
  });
});

describe('beginningOf', () => {
  const newest = at('03:05');

  it.each([
    ['at the newest window on the very first tick', at('02:51'), undefined, '03:00'],
    ['at the birth of a cluster that no tick can have seen', at('02:51'), at('02:00'), '02:50'],
    ['at the newest window for a cluster that was there before', at('01:51'), at('02:00'), '03:00'],
    ['at the newest window for a cluster that is younger', at('03:06'), at('02:00'), '03:00'],
  ])('is %s', (_, createdAt, unseenSince, expected) => {
    expect(beginningOf([aCluster({ createdAt })], newest, unseenSince)).toEqual(at(expected));
  });

  it('is at the newest window for a name without a cluster', () => {
    expect(beginningOf([], newest, at('02:00'))).toEqual(at('03:00'));
  });
});

describe('windowStarts', () => {
  it('lists each window of a span once', () => {
    expect(windowStarts({ from: at('03:00'), to: at('03:15') })).toEqual([at('03:00'), at('03:05'), at('03:10')]);
    expect(windowsIn({ from: at('03:00'), to: at('02:00') })).toBe(0);
  });
});

describe('firstWindows', () => {
  const span = { from: at('03:00'), to: at('04:00') };

  it.each([
    [3, '03:15'],
    [12, '04:00'],
    [99, '04:00'],
    [0, '03:05'],
    [-5, '03:05'],
  ])('takes at most %i, and at least one', (atMost, to) => {
    expect(firstWindows(span, atMost)).toEqual({ from: at('03:00'), to: at(to) });
  });
});

describe('fromFirstLife', () => {
  const span = { from: at('03:00'), to: at('04:00') };

  it('leaves out the windows before the first cluster', () => {
    const clusters = [aCluster({ createdAt: at('03:31') }), aCluster({ createdAt: at('03:12') })];

    expect(fromFirstLife(span, clusters)).toEqual({ from: at('03:10'), to: at('04:00') });
  });

  it.each([
    ['none', []],
    ['one that ended before', [aCluster({ endedAt: at('03:00') })]],
    ['one that began after', [aCluster({ createdAt: at('04:00') })]],
  ])('leaves nothing where there is %s', (_, clusters) => {
    expect(fromFirstLife(span, clusters)).toBeUndefined();
  });
});
