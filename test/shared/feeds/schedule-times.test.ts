import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSchedule } from '../../../configuration/schedules.ts';
import { DAY_MS, HOUR_MS } from '../../../shared/durations.ts';
import { DATE_UNITS } from '../../../shared/feeds/dates.ts';
import { firstTimeFrom, hasTimeIn, nominalTimesBetween } from '../../../shared/feeds/schedule-times.ts';
import { localDateOf, localTimeAt } from '../../../shared/feeds/zoned-time.ts';
import { sizeOf } from '../../support/test-size.ts';
import { nearChange, zonedInstant } from '../../support/time-zones.ts';

const schedule = (text: string) => {
  const read = readSchedule(text);
  if (read.kind === 'problems') throw new Error(`${text}: ${JSON.stringify(read.problems)}`);
  return read.schedule;
};

/** Writes one field of an expression: a list of values, ranges and ranges with a step. */
const field = (least: number, most: number) => {
  const value = fc.integer({ min: least, max: most });
  const range = fc.tuple(value, value).map(([one, other]) => `${Math.min(one, other)}-${Math.max(one, other)}`);
  const step = fc.integer({ min: 1, max: 20 });
  const entry = fc.oneof(
    value.map(String),
    range,
    fc.tuple(range, step).map(([part, by]) => `${part}/${by}`),
  );
  return fc.oneof(
    fc.constant('*'),
    fc.array(entry, { minLength: 1, maxLength: 3 }).map((entries) => entries.join(',')),
  );
};

const star = fc.integer({ min: 1, max: 20 }).map((step) => `*/${step}`);

const expression = fc
  .tuple(
    fc.oneof(field(0, 59), star),
    fc.oneof(field(0, 23), star),
    field(1, 28),
    fc.oneof(field(1, 12), star),
    field(0, 7),
  )
  .map((fields) => fields.join(' '));

/** Expressions without a value that stands twice, which the reference refuses and cron does not. */
const referred = expression.filter((text) => {
  try {
    return CronExpressionParser.parse(text).hasNext();
  } catch {
    return false;
  }
});

/** A star with a step is a star to cron, and limits days like any other list to the reference; so it stands for one kind of days at a time. */
const starredDays = fc
  .tuple(fc.constantFrom('0 6', '*/20 *'), star, fc.boolean())
  .map(([time, days, isOfMonth]) => (isOfMonth ? `${time} ${days} * *` : `${time} * * ${days}`));

const referenceTimes = (text: string, after: Date, until: Date, timeZone: string): number[] => {
  const times: number[] = [];
  const cron = CronExpressionParser.parse(text, { currentDate: after, endDate: until, tz: timeZone });
  while (cron.hasNext()) times.push(cron.next().getTime());
  return times;
};

/** Whether clocks show the same throughout, from some days before one instant to some after the other. */
const isSteady = (from: Date, to: Date, timeZone: string): boolean => {
  const offsets = new Set<number>();
  for (let at = from.getTime() - 2 * DAY_MS; at <= to.getTime() + 2 * DAY_MS; at += 6 * HOUR_MS) {
    offsets.add(localTimeAt(new Date(at), timeZone) - at);
  }
  return offsets.size === 1;
};

describe('nominalTimesBetween', () => {
  it('agrees with another library wherever clocks are not changed, for any expression, in every zone', () => {
    fc.assert(
      fc.property(
        fc.oneof(referred, starredDays),
        zonedInstant,
        fc.integer({ min: 1, max: 60 * 8 }),
        (text, { timeZone, at }, minutes) => {
          const until = new Date(at.getTime() + minutes * 60_000);
          fc.pre(isSteady(at, until, timeZone));

          const times = nominalTimesBetween(schedule(text), 'mm', at, until, timeZone);

          expect(times.map((time) => time.at.getTime())).toEqual(referenceTimes(text, at, until, timeZone));
          expect(times.map(({ date }) => date)).toEqual(times.map((time) => localDateOf(time.at, timeZone, 'mm')));
        },
      ),
      { numRuns: sizeOf({ usual: 30, long: 1_500 }) },
    );
  });

  it('names every time of a day once where clocks are changed, in order, none before it is due', () => {
    fc.assert(
      fc.property(
        nearChange,
        fc.constantFrom('*/15 * * * *', '30 2 * * *', '0 0 * * *', '10,40 1-3 * * *'),
        ({ timeZone, at }, text) => {
          const [after, until] = [new Date(at.getTime() - 3 * DAY_MS), new Date(at.getTime() + 3 * DAY_MS)];
          const times = nominalTimesBetween(schedule(text), 'mm', after, until, timeZone);
          const inUtc = nominalTimesBetween(
            schedule(text),
            'mm',
            new Date(localTimeAt(after, timeZone)),
            new Date(localTimeAt(until, timeZone)),
            'UTC',
          );

          expect(times.map(({ date }) => date)).toEqual(inUtc.map(({ date }) => date));
          for (const { date, at: instant } of times) {
            const shown = localDateOf(instant, timeZone, 'mm');
            expect(shown >= date).toBe(true);
            expect(localDateOf(new Date(instant.getTime() - 1), timeZone, 'mm') < date).toBe(true);
          }
          expect(times.map((time) => time.at)).toEqual(
            times.map((time) => time.at).toSorted((one, other) => one.getTime() - other.getTime()),
          );
        },
      ),
      { numRuns: sizeOf({ usual: 30, long: 1_500 }) },
    );
  });

  it('leaves nothing out and tells nothing twice, however the time between two instants is cut', () => {
    fc.assert(
      fc.property(
        expression,
        zonedInstant,
        fc.array(fc.nat({ max: 2_000 }), { maxLength: 5 }),
        fc.constantFrom(...DATE_UNITS),
        (text, { timeZone, at }, minutes, unit) => {
          const cuts = [0, ...minutes, 2_880]
            .toSorted((one, other) => one - other)
            .map((by) => new Date(at.getTime() + by * 60_000));
          const pieces = cuts
            .slice(1)
            .flatMap((until, index) => nominalTimesBetween(schedule(text), unit, cuts[index] ?? at, until, timeZone));

          expect(pieces).toEqual(nominalTimesBetween(schedule(text), unit, at, cuts.at(-1) ?? at, timeZone));
        },
      ),
      { numRuns: sizeOf({ usual: 30, long: 1_500 }) },
    );
  });

  it('takes the first time of each date, where a date has several', () => {
    expect(
      nominalTimesBetween(
        schedule('0 6,18 * * *'),
        'dd',
        new Date('2026-11-21T23:00Z'),
        new Date('2026-11-23T12:00Z'),
        'UTC',
      ),
    ).toEqual([
      { date: '2026-11-22', at: new Date('2026-11-22T06:00Z') },
      { date: '2026-11-23', at: new Date('2026-11-23T06:00Z') },
    ]);
    expect(
      nominalTimesBetween(
        schedule('0 6,18 * * *'),
        'dd',
        new Date('2026-11-22T06:00Z'),
        new Date('2026-11-22T20:00Z'),
        'UTC',
      ),
    ).toEqual([]);
  });

  it('fires what a whole skipped day would have had right after it', () => {
    expect(
      nominalTimesBetween(
        schedule('0 6 * * *'),
        'dd',
        new Date('2011-12-29T12:00Z'),
        new Date('2011-12-31T12:00Z'),
        'Pacific/Apia',
      ),
    ).toEqual([
      { date: '2011-12-29', at: new Date('2011-12-29T16:00Z') },
      { date: '2011-12-30', at: new Date('2011-12-30T10:00Z') },
      { date: '2011-12-31', at: new Date('2011-12-30T16:00Z') },
    ]);
  });
});

describe('firstTimeFrom', () => {
  it.each([
    ['06:30', '2026-11-22', 'Asia/Tokyo', '2026-11-21T21:30Z'],
    ['30 6 * * 1-5', '2026-11-22', 'Asia/Tokyo', '2026-11-22T21:30Z'],
    ['0 9 3 * *', '2026-11', 'Asia/Tokyo', '2026-11-03T00:00Z'],
    ['0 9 * * *', '2026-11-22T10', 'Asia/Tokyo', '2026-11-23T00:00Z'],
    ['0 0 * * *', '2026-11-22', 'Asia/Tokyo', '2026-11-21T15:00Z'],
    ['30 2 * * *', '2026-03-29', 'Europe/Berlin', '2026-03-29T01:00Z'],
    ['30 2 * * *', '2026-10-25', 'Europe/Berlin', '2026-10-25T00:30Z'],
    ['0 0 29 2 *', '2097-01-01', 'UTC', '2104-02-29T00:00Z'],
  ])('finds the first of %s from %s in %s on', (text, date, timeZone, at) => {
    expect(firstTimeFrom(schedule(text), date, timeZone)).toEqual(new Date(at));
  });

  it('agrees with another library wherever clocks are not changed', () => {
    fc.assert(
      fc.property(referred, zonedInstant, (text, { timeZone, at }) => {
        const date = localDateOf(at, timeZone, 'dd');
        const first = firstTimeFrom(schedule(text), date, timeZone);
        fc.pre(isSteady(at, first, timeZone));
        const start = new Date(Math.floor((at.getTime() - (localTimeAt(at, timeZone) % DAY_MS)) / 1_000) * 1_000);
        const cron = CronExpressionParser.parse(text, { currentDate: new Date(start.getTime() - 1), tz: timeZone });

        expect(first.getTime()).toBe(cron.next().getTime());
      }),
      { numRuns: sizeOf({ usual: 30, long: 1_500 }) },
    );
  });

  it('refuses a schedule that never comes', () => {
    expect(() => firstTimeFrom({ ...schedule('0 0 1 2 *'), daysOfMonth: [31] }, '2026-11-22', 'UTC')).toThrow(
      'Schedule 0 0 1 2 * has no time after 2026-11-22',
    );
  });
});

describe('hasTimeIn', () => {
  it.each([
    ['30 6 * * 1-5', '2026-11-20', true],
    ['30 6 * * 1-5', '2026-11-22', false],
    ['30 6 * * *', '2026-11-22T06', true],
    ['30 6 * * *', '2026-11-22T07', false],
    ['30 6 * * *', '2026-11-22T06:30', true],
    ['30 6 * * *', '2026-11-22T06:29', false],
    ['0 0 1 12 *', '2026-11', false],
    ['0 0 1 12 *', '2026-12', true],
    ['0 0 1 12 *', '2026', true],
  ])('tells whether %s names a time in %s', (text, date, hasOne) => {
    expect(hasTimeIn(schedule(text), date)).toBe(hasOne);
  });
});
