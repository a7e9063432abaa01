/** Feeds and the relations between them, from the text of a user to data. */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigurationError, loadConfiguration, parseConfiguration } from '../../configuration/load.ts';

const JOB = { batch: { queue: 'etl', definition: 'import' } };

const configurationOf = (feeds: readonly object[], rest: object = {}) =>
  parseConfiguration({ timeZone: 'Asia/Tokyo', feeds: feeds.map((feed) => ({ job: JOB, ...feed })), ...rest })
    .configuration;

const problemsOf = (feeds: readonly object[], rest: object = {}): string[] => {
  try {
    configurationOf(feeds, rest);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
};

const DAILY = { name: 'daily', slots: { orders: { files: 's3://landing/daily/{date:yyyyMMdd}.csv' } } };
const HOURLY = { name: 'hourly', slots: { events: { files: 's3://landing/hourly/{date:yyyyMMddHH}.csv' } } };
const SHOPS = { name: 'shops', slots: { orders: { files: 's3://landing/shops/{date:yyyyMMdd}_{shop}.csv' } } };
const BY_OBJECT = { name: 'uploads', slots: { upload: { files: 's3://landing/uploads/*' } } };
const UNDATED = { name: 'undated', slots: { upload: { files: 's3://landing/undated/{shop}' } } };
const LISTED = { ...SHOPS, values: { shop: ['tokyo', 'osaka'] } };

const shapesOf = (feeds: readonly object[]) =>
  configurationOf(feeds).feeds.map(({ name, captures, dateUnit, values, slots }) => ({
    name,
    captures,
    dateUnit,
    values,
    mins: slots.map(({ min }) => min),
  }));

describe('the runs of a feed', () => {
  it('have the date and captures of its templates', () => {
    expect(shapesOf([HOURLY, SHOPS, BY_OBJECT, UNDATED])).toEqual([
      { name: 'hourly', captures: [], dateUnit: 'HH', values: {}, mins: [1] },
      { name: 'shops', captures: ['shop'], dateUnit: 'dd', values: {}, mins: [1] },
      { name: 'uploads', captures: [], dateUnit: undefined, values: {}, mins: [1] },
      { name: 'undated', captures: ['shop'], dateUnit: undefined, values: {}, mins: [1] },
    ]);
  });

  it.each(['{kind}/{shop}', '{shop}/{kind}'])(
    'have their captures in the order of names, whatever the order in a template: %s',
    (key) => {
      const feed = { name: 'kinds', slots: { x: { files: `s3://landing/{date:yyyyMMdd}/${key}` } } };

      expect(shapesOf([feed])).toMatchObject([{ captures: ['kind', 'shop'] }]);
    },
  );

  it('have the date and captures of the feeds that it waits for where it has no files, along a chain in any order', () => {
    expect(
      shapesOf([
        { name: 'last', slots: { b: { feed: 'next' } } },
        { name: 'next', slots: { a: { feed: 'shops' } } },
        LISTED,
      ]),
    ).toMatchObject([
      { name: 'last', captures: ['shop'], dateUnit: 'dd', values: LISTED.values },
      { name: 'next', captures: ['shop'], dateUnit: 'dd', values: LISTED.values },
      { name: 'shops' },
    ]);
  });

  it('have dates for its times where it waits only for times', () => {
    expect(
      ['06:30', '30 6,18 * * *', '*/15 * * * *'].map(
        (at) => shapesOf([{ name: 'timed', slots: { time: { at } } }])[0]?.dateUnit,
      ),
    ).toEqual(['dd', 'HH', 'mm']);
  });

  it('have the dates of other feeds where it waits for them and for a time', () => {
    expect(
      shapesOf([HOURLY, { name: 'timed', slots: { time: { at: '*/15 * * * *' }, hour: { feed: 'hourly' } } }])[1],
    ).toMatchObject({ dateUnit: 'HH' });
  });

  it('wait for one run for each listed value of a capture that it does not have', () => {
    const values = { shop: ['tokyo', 'osaka'], kind: ['a', 'b', 'c'] };
    const source = {
      name: 'both',
      slots: { x: { files: 's3://landing/both/{date:yyyyMMdd}_{shop}_{kind}.csv' } },
      values,
    };

    expect(shapesOf([source, { ...DAILY, slots: { ...DAILY.slots, both: { feed: 'both' } } }])[1]?.mins).toEqual([
      1, 6,
    ]);
    expect(
      shapesOf([source, { name: 'all', slots: { both: { feed: 'both', all: ['kind', 'shop'] } } }])[1],
    ).toMatchObject({
      captures: [],
      mins: [6],
    });
    expect(shapesOf([source, { name: 'all', slots: { both: { feed: 'both', all: ['kind'] } } }])[1]).toMatchObject({
      captures: ['shop'],
      mins: [3],
      values: { shop: ['tokyo', 'osaka'] },
    });
  });

  it('have placeholders in its job, and no others', () => {
    const follow = (parameters: object) => ({
      name: 'follow',
      slots: { shops: { feed: 'shops' } },
      job: { batch: { ...JOB.batch, parameters } },
    });

    expect(problemsOf([SHOPS, follow({ date: '{date:yyyyMMdd}', shop: '{shop}', feed: '{feed}' })])).toEqual([]);
    expect(problemsOf([SHOPS, follow({ hour: '{date:HH}', shop: '{shops.uri}' })])).toEqual([
      expect.stringContaining('{date:HH} is not in the dates of the runs, so it has no value'),
      expect.stringContaining(
        '{shops.uri} is not a placeholder of this feed; the placeholders are {date:yyyy}, {date:MM}, {date:dd}, {shop}, {feed}, {generation}, {manifest}',
      ),
    ]);
    expect(problemsOf([{ ...SHOPS, slots: UNDATED.slots }, follow({ day: '{day}' })])).toEqual([
      expect.stringContaining(
        '{day} is not a placeholder of this feed; the placeholders are {shop}, {feed}, {generation}, {manifest}',
      ),
    ]);
  });
});

describe('a feed that waits for another', () => {
  const waiting = (slot: object, feed: object = {}) => ({ name: 'waiting', slots: { source: slot }, ...feed });

  it.each([
    [
      'there is none of that name',
      [DAILY, waiting({ feed: 'dayly' })],
      ['feed waiting, slot source: there is no feed "dayly" (did you mean daily?)'],
    ],
    [
      'there is none but itself that is like it',
      [DAILY, { ...SHOPS, name: 't', slots: { ...SHOPS.slots, x: { feed: 'tt' } } }],
      ['feed t, slot x: there is no feed "tt"'],
    ],
    [
      'there is none at all like it',
      [DAILY, waiting({ feed: 'x\ny' })],
      ['feed waiting, slot source: there is no feed "x\\ny"'],
    ],
    [
      'every object is a run of its own there',
      [BY_OBJECT, waiting({ feed: 'uploads' })],
      [
        'feed waiting, slot source: uploads has a run for each object, and no date or capture in a key says which run to wait for',
      ],
    ],
    [
      'the dates there are finer, along the chain that shows it',
      [
        HOURLY,
        { name: 'next', slots: { a: { feed: 'hourly' } } },
        { ...DAILY, slots: { ...DAILY.slots, next: { feed: 'next' } } },
      ],
      [
        'feed daily, slot next: next has one run for each hour (next -> hourly), and daily has one run for each day, so the run to wait for is unknown',
      ],
    ],
    [
      'two of those that it waits for have other dates',
      [HOURLY, DAILY, { name: 'both', slots: { a: { feed: 'daily' }, b: { feed: 'hourly' } } }],
      [
        'feed both, slot b: hourly has one run for each hour, and both has one run for each day (both -> daily), so the run to wait for is unknown',
      ],
    ],
    [
      'there are no dates there',
      [
        { ...UNDATED, values: { shop: ['a'] } },
        { ...SHOPS, slots: { ...SHOPS.slots, undated: { feed: 'undated' } } },
      ],
      [
        'feed shops, slot undated: undated has runs without a date, and shops has one run for each day, so the run to wait for is unknown',
      ],
    ],
    [
      'the values that it does not have are not listed',
      [
        SHOPS,
        { name: 'next', slots: { a: { feed: 'shops' } } },
        { ...DAILY, slots: { ...DAILY.slots, next: { feed: 'next' } } },
      ],
      [
        'feed daily, slot next: next has a run for each {shop} (next -> shops), which daily does not have: list the values of shop in feed shops (values), so that the slot can wait for all of them',
      ],
    ],
    [
      'its own values are not listed',
      [DAILY, { ...SHOPS, slots: { ...SHOPS.slots, daily: { feed: 'daily' } } }],
      [
        'feed shops, slot daily: shops has a run for each {shop}, which daily does not have: list the values of shop in feed shops (values), so that the run of each value is known',
      ],
    ],
    [
      'all is said of what is no capture, or of its own',
      [
        LISTED,
        {
          name: 'waiting',
          slots: {
            o: { files: 's3://landing/w/{date:yyyyMMdd}_{shop}' },
            s: { feed: 'shops', all: ['shop', 'shops'] },
          },
        },
      ],
      [
        'feed waiting, slot s, all: waiting itself has a run for each {shop}',
        'feed waiting, slot s, all: shops has no capture {shops} (did you mean shop?)',
      ],
    ],
    [
      'the offset is none',
      [DAILY, waiting({ feed: 'daily', offset: '-1M' })],
      [
        'feed waiting, slot source, offset: "-1M" is not an offset: write a sign, a whole number and y, mo (months), d, h or m (minutes), as in -1d, the day before',
      ],
    ],
    [
      'the offset is finer than the dates',
      [DAILY, waiting({ feed: 'daily', offset: '-1h' })],
      ['feed waiting, slot source, offset: is finer than the dates: daily has one run for each day'],
    ],
    [
      'the offset has no date',
      [UNDATED, waiting({ feed: 'undated', offset: '-1d' })],
      ['feed waiting, slot source, offset: the runs of undated have no date'],
    ],
    [
      'that is a shadow, and it is not',
      [{ ...DAILY, shadow: true }, waiting({ feed: 'daily' })],
      [
        'feed waiting, slot source: daily is a shadow and submits no job, so waiting would wait for ever: make it a shadow, too',
      ],
    ],
    [
      'they wait for each other',
      [waiting({ feed: 'b' }), { name: 'b', slots: { back: { feed: 'waiting', offset: '-1d' } } }],
      [
        'feeds waiting -> b -> waiting: the job would wait for itself for ever, since slot back of b waits for waiting, and slot source of waiting waits for b',
      ],
    ],
    [
      'it waits for itself',
      [{ ...DAILY, slots: { ...DAILY.slots, before: { feed: 'daily', offset: '-1d' } } }],
      ['feeds daily -> daily: the job would wait for itself for ever, since slot before of daily waits for daily'],
    ],
    [
      'that takes its output',
      [{ ...DAILY }, waiting({ feed: 'daily' }, { outputs: ['s3://landing/daily/{date:yyyyMMdd}.csv'] })],
      [
        'feeds daily -> waiting -> daily: the job would wait for itself for ever, or start itself again and again, since slot source of waiting waits for daily, and slot orders of daily takes the output s3://landing/daily/{date:yyyyMMdd}.csv of waiting, for example s3://landing/daily/20260101.csv',
      ],
    ],
  ])('is refused if %s', (_, feeds, problems) => {
    expect(problemsOf(feeds)).toEqual(problems);
  });

  const BROKEN = { files: 's3://landing/broken/{date:YYYYMMdd}' };

  it.each([
    ['all', LISTED, { feed: 'shops', all: ['shp'] }, ', all: shops has no capture {shp} (did you mean shop?)'],
    [
      'offset',
      DAILY,
      { feed: 'daily', offset: '-1h' },
      ', offset: is finer than the dates: daily has one run for each day',
    ],
    ['offset', UNDATED, { feed: 'undated', offset: '-1d' }, ', offset: the runs of undated have no date'],
    [
      'feed',
      BY_OBJECT,
      { feed: 'uploads' },
      ': uploads has a run for each object, and no date or capture in a key says which run to wait for',
    ],
  ])('has its %s reported also while another slot is wrong', (_, source, slot, problem) => {
    expect(problemsOf([source, waiting(slot, { slots: { broken: BROKEN, source: slot } })])).toEqual([
      expect.stringContaining('feed waiting, slot broken, position 27: "YYYY" is not a unit'),
      `feed waiting, slot source${problem}`,
    ]);
  });

  it.each([
    ['its dates', [LISTED, HOURLY], { source: { feed: 'shops', offset: '-1d' }, hour: { feed: 'hourly' } }],
    ['values that it may have', [DAILY, SHOPS], { day: { feed: 'daily' }, source: { feed: 'shops', all: ['shop'] } }],
    [
      'what it may not have',
      [LISTED, { ...LISTED, name: 'more' }],
      { source: { feed: 'shops', all: ['shop'] }, more: { feed: 'more' } },
    ],
  ])('does not have %s reported while one of its own slots is wrong', (_, sources, slots) => {
    expect(problemsOf([...sources, waiting({}, { slots: { broken: BROKEN, ...slots } })])).toEqual([
      expect.stringContaining('feed waiting, slot broken'),
    ]);
  });

  it.each([
    ['of the day before', [DAILY, waiting({ feed: 'daily', offset: '-1d' })]],
    ['of a month before', [DAILY, waiting({ feed: 'daily', offset: '-1mo' })]],
    ['of a feed without dates', [UNDATED, waiting({ feed: 'undated' })]],
    [
      'optionally, beside another',
      [
        DAILY,
        HOURLY,
        waiting(
          { feed: 'daily' },
          { slots: { a: { feed: 'daily' }, b: { feed: 'daily', offset: '-1d', optional: true } } },
        ),
      ],
    ],
    ['as a shadow of a shadow', [{ ...DAILY, shadow: true }, waiting({ feed: 'daily' }, { shadow: true })]],
    ['as a shadow of one that is none', [DAILY, waiting({ feed: 'daily' }, { shadow: true })]],
  ])('may wait %s', (_, feeds) => {
    expect(problemsOf(feeds)).toEqual([]);
  });

  it('has no problems reported that follow from a mistake of another feed', () => {
    const broken = { ...SHOPS, slots: { orders: { files: 's3://landing/shops/{date:yyyyMMdd}_{shop' } } };

    expect(problemsOf([broken, waiting({ feed: 'shops' }, { due: '9:00', values: { shop: ['a'] } })])).toEqual([
      expect.stringContaining('feed shops, slot orders'),
      expect.stringContaining('feed waiting, due'),
    ]);
  });

  it('is refused exactly if some feed can be reached from itself', () => {
    const count = 6;
    const edges = fc.uniqueArray(fc.tuple(fc.nat({ max: count - 1 }), fc.nat({ max: count - 1 })), {
      maxLength: 9,
      selector: String,
    });

    fc.assert(
      fc.property(edges, (pairs) => {
        const feeds = Array.from({ length: count }, (_, index) => ({
          name: `feed-${index}`,
          slots: {
            files: { files: `s3://landing/${index}/{date:yyyyMMdd}` },
            ...Object.fromEntries(
              pairs.filter(([to]) => to === index).map(([, from]) => [`s${from}`, { feed: `feed-${from}` }]),
            ),
          },
        }));
        const reachable = (start: number): Set<number> => {
          const found = new Set<number>();
          const visit = (one: number): void => {
            for (const [to, from] of pairs) {
              if (to === one && !found.has(from)) {
                found.add(from);
                visit(from);
              }
            }
          };
          visit(start);
          return found;
        };
        const isCyclic = feeds.some((_, index) => reachable(index).has(index));
        const problems = problemsOf(feeds);

        expect(problems.length > 0).toBe(isCyclic);
        for (const problem of problems) {
          const path = /^feeds (.*): the job would wait/.exec(problem)?.[1]?.split(' -> ') ?? [];
          expect(path.length).toBeGreaterThan(1);
          expect(path[0]).toBe(path.at(-1));
          for (const [index, name] of path.slice(1).entries()) {
            expect(pairs).toContainEqual([Number(name.slice(5)), Number(path[index]?.slice(5))]);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('has the captures and dates of the feeds that it follows, in chains of any length and order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.infiniteStream(fc.nat()), (length, order) => {
        const chain = [
          LISTED,
          ...Array.from({ length }, (_, index) => ({
            name: `step-${index}`,
            slots: { before: { feed: index === 0 ? 'shops' : `step-${index - 1}` } },
          })),
        ];
        const shuffled = chain
          .map((feed) => ({ feed, place: order.next().value ?? 0 }))
          .toSorted((one, other) => one.place - other.place)
          .map(({ feed }) => feed);

        for (const { captures, dateUnit, values } of configurationOf(shuffled).feeds) {
          expect({ captures, dateUnit, values }).toEqual({ captures: ['shop'], dateUnit: 'dd', values: LISTED.values });
        }
      }),
    );
  });
});

describe('a feed that waits for a time', () => {
  it('has all its problems reported, with their positions', () => {
    expect(problemsOf([{ name: 'timed', slots: { time: { at: '61 6 * * funday' }, date: { at: '06:30' } } }])).toEqual([
      expect.stringMatching(
        /^feed timed, slot time, position 1: "61" is not a valid minute: .*\n {4}61 6 \* \* funday\n {4}\^$/,
      ),
      expect.stringMatching(
        /^feed timed, slot time, position 10: "funday" is not a valid day of the week: .*\n.*\n {13}\^$/,
      ),
      'feed timed, slot date: {date} has another meaning in a job: use another name',
    ]);
  });
});

describe('when the runs of a feed are expected', () => {
  it('are read, with defaults for missing settings', () => {
    const feed = {
      ...LISTED,
      timeZone: 'Europe/Berlin',
      calendar: 'office',
      due: '+1d 09:00',
      cutOff: '+50h',
      since: '2026-11-22',
      lookback: 5,
      remindEvery: '90m',
    };
    const [whole, bare] = configurationOf([feed, DAILY], { calendars: { office: { weekdays: ['mon'] } } }).feeds;

    expect(whole).toMatchObject({
      timeZone: 'Europe/Berlin',
      calendar: 'office',
      due: { kind: 'time of day', days: 1, hour: 9, minute: 0 },
      cutOff: { kind: 'offset', ms: 50 * 3_600_000 },
      since: '2026-11-22',
      lookback: 5,
      remindEveryMs: 90 * 60_000,
      catchUp: 'latest',
      shadow: false,
    });
    expect(bare).toEqual({
      name: 'daily',
      slots: [expect.objectContaining({ kind: 'files' })],
      job: { batch: { ...JOB.batch, parameters: {}, environment: {}, resources: {}, tags: {}, propagateTags: false } },
      onOverwrite: 'ignore',
      outputs: [],
      tell: [],
      timeZone: 'Asia/Tokyo',
      captures: [],
      dateUnit: 'dd',
      values: {},
      lookback: 3,
      remindEveryMs: 4 * 3_600_000,
      catchUp: 'latest',
      shadow: false,
    });
  });

  const TIMED = { name: 'timed', slots: { time: { at: '06:30' } } };
  const MONTHLY = { name: 'monthly', slots: { x: { files: 's3://landing/m/{date:yyyyMM}' } } };
  const BY_MINUTE = { name: 'minutes', slots: { x: { files: 's3://landing/m/{date:yyyyMMddHHmm}' } } };

  it.each([
    [
      'a time zone that is none',
      { ...DAILY, timeZone: 'Asia/Tokio' },
      'timeZone: "Asia/Tokio" is not an IANA time zone (did you mean Asia/Tokyo?)',
    ],
    [
      'a moment that is none',
      { ...DAILY, due: '+2d' },
      'due: "+2d" has no time of day: write +2d 09:00, or +48h for a duration',
    ],
    [
      'a time of day of an hour',
      { ...HOURLY, due: '09:00' },
      'due: a time of day needs dates that are days, and the runs are by hour: write a duration after the start of the date, as in +90m',
    ],
    [
      'a time of day of a minute',
      { ...BY_MINUTE, cutOff: '09:00' },
      'cutOff: a time of day needs dates that are days, and the runs are by minute: write a duration after the start of the date, as in +90m',
    ],
    ['no date that could be late', { ...UNDATED, due: '09:00', values: { shop: ['a'] } }, 'due: the runs have no date'],
    [
      'values that nobody knows',
      { ...SHOPS, due: '09:00' },
      "due: needs the values of shop (values: { shop: ['…'] }), since the expected runs are unknown without them",
    ],
    [
      'unknown values, also where the text is not a moment',
      { ...SHOPS, due: '25:00' },
      "due: needs the values of shop (values: { shop: ['…'] }), since the expected runs are unknown without them",
    ],
    [
      'runs without a date, also where the text is not a moment',
      { ...UNDATED, due: '25:00' },
      'due: the runs have no date',
    ],
    [
      'too many expected runs, also where the text is not a moment',
      {
        ...HOURLY,
        due: 'x',
        lookback: 60,
        slots: { e: { files: 's3://landing/h/{date:yyyyMMddHH}_{shop}' } },
        values: { shop: ['a', 'b'] },
      },
      'lookback: 2,928 runs would be expected at a time, and the most is 2,000: lower it, or list fewer values',
    ],
    [
      'minutes that nobody knows',
      { ...BY_MINUTE, due: '+5m' },
      'due: the minutes that have a run are unknown; add a slot with their times (at)',
    ],
    [
      'a date that is none',
      { ...DAILY, since: '2026-02-30' },
      'since: "2026-02-30" is not a date: write it as 2026-11-22',
    ],
    [
      'a reminder that is none',
      { ...DAILY, due: '09:00', remindEvery: '4' },
      'remindEvery: "4" is not a duration: write a whole number and s, m, h or d, as in 90s, 15m, 4h, 3d',
    ],
    ['a reminder too often', { ...DAILY, due: '09:00', remindEvery: '5s' }, 'remindEvery: "5s" is not from 1m to 30d'],
    [
      'a calendar that there is not',
      { ...DAILY, due: '09:00', calendar: 'offce' },
      'calendar: there is no calendar "offce" (did you mean office?)',
    ],
    [
      'a calendar of months',
      { ...MONTHLY, due: '09:00', calendar: 'office' },
      'calendar: needs dates that are days, and the runs are by month or year',
    ],
    [
      'values of what is no capture',
      { ...SHOPS, values: { shops: ['a'] } },
      'values of shops: {shops} is not a capture of the feed (did you mean shop?)',
    ],
    ['no values', { ...SHOPS, values: { shop: [] } }, 'values of shop: the list is empty, so there would be no run'],
    [
      'a value that cannot be',
      { ...SHOPS, values: { shop: ['a/b'] } },
      'values of shop: "a/b" cannot be captured: a value is not empty and has no "/"',
    ],
    [
      'an empty value',
      { ...SHOPS, values: { shop: [''] } },
      'values of shop: "" cannot be captured: a value is not empty and has no "/"',
    ],
    ['a value twice', { ...SHOPS, values: { shop: ['a', 'a'] } }, 'values of shop: a value occurs twice'],
    [
      'what is late when nobody looks',
      { ...DAILY, due: '+4d 00:00' },
      'due: comes after its date has left lookback, which is 3: raise it',
    ],
    [
      'the same by hours',
      { ...HOURLY, due: '+96h' },
      'due: comes after its date has left lookback, which is 3: raise it',
    ],
    [
      'an end when nobody looks',
      { ...DAILY, due: '09:00', cutOff: '+5d 09:00' },
      'cutOff: comes after its date has left lookback, which is 3: raise it',
    ],
    ['an end before it is late', { ...DAILY, due: '09:00', cutOff: '09:00' }, 'cutOff: is not after due'],
    ['an end of nothing', { ...DAILY, cutOff: '09:00' }, 'cutOff: has no effect without due'],
    ['a reminder of nothing', { ...DAILY, remindEvery: '4h' }, 'remindEvery: has no effect without due'],
    ['a calendar for nothing', { ...DAILY, calendar: 'office' }, 'calendar: has no effect without due or a time (at)'],
    [
      'nothing to catch up with',
      { ...DAILY, catchUp: 'all' },
      'catchUp: has an effect only on a feed that waits for nothing but a time',
    ],
    [
      'a time that is late',
      { ...TIMED, due: '09:00' },
      'due: has no effect on a feed that waits only for a time, since nothing can delay it',
    ],
    [
      'two times and nothing else',
      { ...TIMED, slots: { a: { at: '06:30' }, b: { at: '18:30' } } },
      'slots: a feed that waits only for times has one slot: write all times in one crontab expression',
    ],
    [
      'a time without a date',
      { ...UNDATED, slots: { ...UNDATED.slots, a: { at: '06:30' } } },
      'slots: a time needs dates, and the runs have none',
    ],
    [
      'more than can be looked for',
      {
        ...HOURLY,
        due: '+2h',
        lookback: 60,
        slots: { e: { files: 's3://landing/h/{date:yyyyMMddHH}_{shop}' } },
        values: { shop: Array.from({ length: 7 }, (_, index) => `shop-${index}`) },
      },
      'lookback: 10,248 runs would be expected at a time, and the most is 2,000: lower it, or list fewer values',
    ],
    [
      'files whose runs cannot be told apart',
      { name: 'timed', slots: { a: { at: '06:30' }, b: { files: 's3://landing/x/*' } } },
      'slots: several slots need a date or a capture, or all files would belong to one run',
    ],
  ])('cannot have %s', (_, feed, problem) => {
    expect(problemsOf([feed], { calendars: { office: {} } })).toContain(`feed ${feed.name}, ${problem}`);
  });

  it.each([
    ['the last moment of the last date', { ...DAILY, due: '+3d 23:59', cutOff: '+96h' }],
    [
      'the minutes of a schedule',
      { ...BY_MINUTE, slots: { ...BY_MINUTE.slots, at: { at: '*/15 * * * *' } }, due: '+5m' },
    ],
    ['what follows by hours', { ...HOURLY, due: '+90m', cutOff: '+1h31m' }],
    ['a calendar of a time', { ...TIMED, calendar: 'office', catchUp: 'all' }],
    ['a month', { ...MONTHLY, due: '+4d 12:00', lookback: 1 }],
  ])('may have %s', (_, feed) => {
    expect(problemsOf([feed], { calendars: { office: {} } })).toEqual([]);
  });
});

describe('docs/examples/workflow.config.ts', () => {
  it('is valid, without a warning', async () => {
    const { configuration, warnings } = await loadConfiguration(
      resolve(import.meta.dirname, '../../docs/examples/workflow.config.ts'),
    );

    expect(warnings).toEqual([]);
    expect(configuration.feeds).toHaveLength(10);
    expect(configuration.calendars['office']?.holidays).toContain('2026-11-23');
    expect(new Set(configuration.feeds.flatMap(({ slots }) => slots.map(({ kind }) => kind)))).toEqual(
      new Set(['files', 'feed', 'time']),
    );
  });
});

describe('a file that a configuration names', () => {
  it('is found relative to the configuration, from any working directory', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'breakaway-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    writeFileSync(join(folder, 'days.txt'), '2026-11-23 Labour Thanksgiving Day\n');
    const config = { timeZone: 'UTC', feeds: [], calendars: { office: { holidays: 'days.txt' } } };
    writeFileSync(join(folder, 'x.config.mjs'), `export default ${JSON.stringify(config)};`);

    const { configuration } = await loadConfiguration(join(folder, 'x.config.mjs'));

    expect(configuration.calendars).toEqual({
      office: { daysOfWeek: [0, 1, 2, 3, 4, 5, 6], holidays: ['2026-11-23'] },
    });
  });
});
