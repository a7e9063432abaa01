import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSchedule } from '../../../configuration/schedules.ts';
import { shiftDate } from '../../../shared/feeds/business-dates.ts';
import { DATE_UNITS } from '../../../shared/feeds/dates.ts';
import { dependentRuns, expectedRuns, firstDateOf, sourceRuns } from '../../../shared/feeds/dependents.ts';
import type { Calendar, DateOffset, Feed, FeedSlot, TimeSlot } from '../../../shared/feeds/feed.ts';
import type { RunKey } from '../../../shared/feeds/run-key.ts';
import { runKeyId } from '../../../shared/feeds/run-key.ts';
import { localDateOf } from '../../../shared/feeds/zoned-time.ts';
import { aFeed, aFileSlot } from '../../support/builders.ts';
import { sizeOf } from '../../support/test-size.ts';
import { zonedInstant } from '../../support/time-zones.ts';

const aFeedSlot = (slot: Partial<FeedSlot> = {}): FeedSlot => ({
  kind: 'feed',
  name: 'source',
  feed: 'source',
  min: 1,
  optional: false,
  ...slot,
});

const aTimeSlot = (text: string): TimeSlot => {
  const read = readSchedule(text);
  if (read.kind === 'problems') throw new Error(text);
  return { kind: 'time', name: 'time', at: read.schedule, min: 1, optional: false };
};

const key = (feed: string, date: string | undefined, values: RunKey['values'] = {}): RunKey => ({
  feed,
  ...(date === undefined ? {} : { date }),
  values,
});

const SHOPS = { shop: ['tokyo', 'osaka'] };

describe('dependentRuns', () => {
  it('finds the run of the same date and values, in the slot that waits for it', () => {
    const source = aFeed({ name: 'source', captures: ['shop'] });
    const slot = aFeedSlot();
    const waiting = aFeed({ name: 'waiting', captures: ['shop'], slots: [aFileSlot(), slot] });

    expect(
      dependentRuns([source, waiting, aFeed({ name: 'other' })], key('source', '2026-11-22', { shop: 'nagoya' })),
    ).toEqual([{ feed: waiting, slot, run: key('waiting', '2026-11-22', { shop: 'nagoya' }) }]);
  });

  it('finds the run for each listed value that the source knows nothing of', () => {
    const feeds = [
      aFeed({ name: 'source' }),
      aFeed({
        name: 'waiting',
        captures: ['kind', 'shop'],
        values: { ...SHOPS, kind: ['a', 'b'] },
        slots: [aFeedSlot()],
      }),
    ];

    expect(dependentRuns(feeds, key('source', '2026-11-22')).map(({ run }) => run.values)).toEqual([
      { kind: 'a', shop: 'tokyo' },
      { kind: 'a', shop: 'osaka' },
      { kind: 'b', shop: 'tokyo' },
      { kind: 'b', shop: 'osaka' },
    ]);
  });

  it('leaves out a value that is not listed where all listed ones are waited for', () => {
    const feeds = [
      aFeed({ name: 'source', captures: ['shop'], values: SHOPS }),
      aFeed({ name: 'waiting', slots: [aFeedSlot({ min: 2 })] }),
    ];

    expect(dependentRuns(feeds, key('source', '2026-11-22', { shop: 'tokyo' }))).toHaveLength(1);
    expect(dependentRuns(feeds, key('source', '2026-11-22', { shop: 'nagoya' }))).toEqual([]);
  });

  it('finds the run of another date by its offset', () => {
    const offset: DateOffset = { amount: -1, unit: 'dd' };
    const feeds = [aFeed({ name: 'source' }), aFeed({ name: 'waiting', slots: [aFeedSlot({ offset })] })];

    expect(dependentRuns(feeds, key('source', '2026-11-22')).map(({ run }) => run.date)).toEqual(['2026-11-23']);
  });

  it('finds every run whose month before has no such day', () => {
    const offset: DateOffset = { amount: -1, unit: 'MM' };
    const feeds = [aFeed({ name: 'source' }), aFeed({ name: 'waiting', slots: [aFeedSlot({ offset })] })];
    const datesFor = (date: string) => dependentRuns(feeds, key('source', date)).map(({ run }) => run.date);

    expect(datesFor('2026-02-28')).toEqual(['2026-03-28', '2026-03-29', '2026-03-30', '2026-03-31']);
    expect(datesFor('2026-03-31')).toEqual([]);
    expect(datesFor('2026-03-30')).toEqual(['2026-04-30']);
  });

  it('goes without dates where there are none', () => {
    const slot = aFeedSlot({ offset: { amount: -1, unit: 'dd' } });
    const feeds = [aFeed({ name: 'source' }), aFeed({ name: 'waiting', slots: [slot] })];

    expect(dependentRuns(feeds, key('source', undefined)).map(({ run }) => run)).toEqual([key('waiting', undefined)]);
    expect(sourceRuns(slot, key('waiting', undefined), feeds)).toEqual([key('source', undefined)]);
  });

  it('finds nothing for a feed that there is not', () => {
    expect(dependentRuns([aFeed({ slots: [aFeedSlot()] })], key('source', '2026-11-22'))).toEqual([]);
    expect(sourceRuns(aFeedSlot(), key('waiting', '2026-11-22'), [])).toEqual([]);
  });
});

describe('sourceRuns', () => {
  it('finds the run for each listed value that the waiting one knows nothing of', () => {
    const source = aFeed({ name: 'source', captures: ['kind', 'shop'], values: SHOPS });

    expect(
      sourceRuns(aFeedSlot({ offset: { amount: -1, unit: 'dd' } }), key('waiting', '2026-11-22', { kind: 'a' }), [
        source,
      ]),
    ).toEqual([
      key('source', '2026-11-21', { kind: 'a', shop: 'tokyo' }),
      key('source', '2026-11-21', { kind: 'a', shop: 'osaka' }),
    ]);
  });

  it('is the other side of dependentRuns: a run waits for exactly those that it is told of', () => {
    const unit = fc.constantFrom(...DATE_UNITS);
    const scenario = fc
      .record({
        dateUnit: unit,
        by: unit,
        amount: fc.integer({ min: -40, max: 40 }),
        at: fc.integer({ min: Date.parse('2020-01-01'), max: Date.parse('2032-01-01') }),
        own: fc.subarray(['kind', 'shop']),
        other: fc.subarray(['kind', 'shop']),
      })
      .filter(({ dateUnit, by, amount }) => amount !== 0 && DATE_UNITS.indexOf(by) <= DATE_UNITS.indexOf(dateUnit));

    fc.assert(
      fc.property(scenario, ({ dateUnit, by, amount, at, own, other }) => {
        const values = { kind: ['a', 'b'], ...SHOPS };
        const slot = aFeedSlot({ offset: { amount, unit: by } });
        const source = aFeed({ name: 'source', dateUnit, captures: other, values });
        const waiting = aFeed({ name: 'waiting', dateUnit, captures: own, values, slots: [slot] });
        const run = key(
          'waiting',
          localDateOf(new Date(at), 'UTC', dateUnit),
          Object.fromEntries(own.map((name) => [name, name === 'shop' ? 'tokyo' : 'a'])),
        );
        const sources = sourceRuns(slot, run, [source, waiting]);

        expect(sources.length).toBeGreaterThan(0);
        for (const one of sources) {
          expect(one.date).toBe(shiftDate(run.date ?? '', { amount, unit: by }));
          const told = dependentRuns([source, waiting], one).map((dependent) => runKeyId(dependent.run));
          expect(new Set(told).size).toBe(told.length);
          expect(told).toContain(runKeyId(run));
        }
        for (const { run: told } of sources.flatMap((one) => dependentRuns([source, waiting], one))) {
          const back = sourceRuns(slot, told, [source, waiting]).map(runKeyId);
          expect(sources.some((one) => back.includes(runKeyId(one)))).toBe(true);
        }
      }),
      { numRuns: sizeOf({ usual: 100, long: 5_000 }) },
    );
  });
});

describe('expectedRuns', () => {
  const LONG_AGO = new Date('2020-01-01T00:00Z');
  const due = { kind: 'time of day', days: 0, hour: 9, minute: 0 } as const;
  const office: Record<string, Calendar> = { office: { daysOfWeek: [1, 2, 3, 4, 5], holidays: ['2026-11-23'] } };
  const datesOf = (feed: Partial<Feed>, now: string, firstSeen = LONG_AGO) =>
    expectedRuns(aFeed({ due, ...feed }), new Date(now), firstSeen, office).map(({ date }) => date);

  it('lists the dates that are looked back to, today included, as the feed sees today', () => {
    expect(datesOf({}, '2026-11-21T15:00Z')).toEqual(['2026-11-19', '2026-11-20', '2026-11-21', '2026-11-22']);
    expect(datesOf({}, '2026-11-21T14:59Z')).toEqual(['2026-11-18', '2026-11-19', '2026-11-20', '2026-11-21']);
    expect(datesOf({ lookback: 0 }, '2026-11-22T00:00Z')).toEqual(['2026-11-22']);
  });

  it('leaves out what is no business date', () => {
    expect(datesOf({ calendar: 'office', lookback: 4 }, '2026-11-24T00:00Z')).toEqual(['2026-11-20', '2026-11-24']);
  });

  it('begins with the first date that starts after the first deployment', () => {
    expect(datesOf({}, '2026-11-22T00:00Z', new Date('2026-11-20T15:00Z'))).toEqual(['2026-11-22']);
    expect(datesOf({}, '2026-11-22T00:00Z', new Date('2026-11-20T14:59Z'))).toEqual(['2026-11-21', '2026-11-22']);
  });

  it('begins with the date that the feed names instead', () => {
    expect(datesOf({ since: '2026-11-21' }, '2026-11-22T00:00Z', new Date('2026-11-22T00:00Z'))).toEqual([
      '2026-11-21',
      '2026-11-22',
    ]);
    expect(datesOf({ since: '2026-11-02', dateUnit: 'MM', lookback: 1 }, '2026-12-22T00:00Z')).toEqual(['2026-12']);
    expect(datesOf({ since: '2026-12-01', dateUnit: 'MM', lookback: 1 }, '2026-12-22T00:00Z')).toEqual(['2026-12']);
    expect(datesOf({ since: '2026-11-21', dateUnit: 'HH' }, '2026-11-20T16:30Z')).toEqual([
      '2026-11-21T00',
      '2026-11-21T01',
    ]);
    expect(datesOf({ since: '2027-01-01' }, '2026-12-22T00:00Z')).toEqual([]);
  });

  it('lists hours that clocks show, those of a day that is looked back to included', () => {
    const hours = datesOf({ dateUnit: 'HH', timeZone: 'Europe/Berlin', lookback: 1 }, '2026-03-29T02:30Z');

    expect(hours).toHaveLength(24 + 4);
    expect(hours.slice(0, 2)).toEqual(['2026-03-28T00', '2026-03-28T01']);
    expect(hours.slice(-4)).toEqual(['2026-03-29T00', '2026-03-29T01', '2026-03-29T03', '2026-03-29T04']);
  });

  it('lists months and years', () => {
    expect(datesOf({ dateUnit: 'MM', lookback: 2 }, '2026-01-15T00:00Z')).toEqual(['2025-11', '2025-12', '2026-01']);
    expect(datesOf({ dateUnit: 'yyyy', lookback: 1 }, '2026-01-15T00:00Z')).toEqual(['2025', '2026']);
  });

  it('lists a run for each combination of listed values', () => {
    const feed = aFeed({ due, captures: ['kind', 'shop'], values: { ...SHOPS, kind: ['a'] }, lookback: 0 });

    expect(expectedRuns(feed, new Date('2026-11-22T00:00Z'), LONG_AGO, {})).toEqual([
      key('sales', '2026-11-22', { kind: 'a', shop: 'tokyo' }),
      key('sales', '2026-11-22', { kind: 'a', shop: 'osaka' }),
    ]);
  });

  it('lists the dates in which a time comes, where a feed waits for one beside something else', () => {
    const slots = [aFileSlot(), aTimeSlot('30 6 * * 1-5')];
    const { due: _, ...feed } = aFeed({ due, slots, lookback: 4 });

    expect(expectedRuns(feed, new Date('2026-11-24T00:00Z'), LONG_AGO, {}).map(({ date }) => date)).toEqual([
      '2026-11-20',
      '2026-11-23',
      '2026-11-24',
    ]);
  });

  it.each([
    ['nothing says when it is due', { slots: [aFileSlot()] }],
    ['its runs have no date', { slots: [aFileSlot()], due, isUndated: true }],
    ['it waits for nothing but a time, which opens its runs', { slots: [aTimeSlot('06:30')] }],
    ['its values are not listed', { slots: [aFileSlot()], due, captures: ['shop'] }],
  ])(
    'expects nothing of a feed if %s',
    (_, { isUndated = false, ...feed }: Partial<Feed> & { isUndated?: boolean }) => {
      const { dateUnit, ...rest } = aFeed(feed);

      expect(
        expectedRuns(
          isUndated || dateUnit === undefined ? rest : { ...rest, dateUnit },
          new Date('2026-11-22T00:00Z'),
          LONG_AGO,
          {},
        ),
      ).toEqual([]);
    },
  );

  it('lists days that clocks have reached and no others, in every zone', () => {
    fc.assert(
      fc.property(zonedInstant, fc.nat({ max: 10 }), ({ timeZone, at }, lookback) => {
        const dates = datesOf({ timeZone, lookback }, at.toISOString(), new Date(0));

        expect(dates.at(-1)).toBe(localDateOf(at, timeZone, 'dd'));
        // A day that a zone skipped as a whole is none, the first neither.
        const skipped = lookback + 1 - dates.length;
        const first = firstDateOf(aFeed({ timeZone, lookback }), at);
        expect([0, 1]).toContain(skipped);
        expect([first, ...(skipped === 1 ? [shiftDate(first, { amount: 1, unit: 'dd' })] : [])]).toContain(dates[0]);
      }),
      {
        numRuns: sizeOf({ usual: 60, long: 3_000 }),
        examples: [[{ timeZone: 'Pacific/Fakaofo', at: new Date('2011-12-30T11:00:00Z') }, 1]],
      },
    );
  });
});
