import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareFeed, type SuiteRun, type Tolerance, verdictOf } from '../../../cli/parity/comparison.ts';
import { type CronStart, LogError, type LogReading, readJobLog } from '../../../cli/parity/job-log.ts';
import { describeLater, parityText } from '../../../cli/parity/parity-report.ts';
import { MINUTE_MS } from '../../../shared/durations.ts';

const READING: LogReading = {
  timeZone: 'Asia/Tokyo',
  matchers: [
    { feed: 'kpi', texts: ['/opt/jobs/kpi.py'] },
    { feed: 'orders-a', texts: ['/opt/jobs/load.py', 'shop-a'] },
    { feed: 'orders-b', texts: ['/opt/jobs/load.py', 'shop-b'] },
    { feed: 'any-orders', texts: ['/opt/jobs/load.py'] },
    { feed: 'twin', texts: ['/opt/jobs/kpi-twin.py'] },
    { feed: 'other-twin', texts: ['/opt/jobs/kpi-twin.py'] },
  ],
  now: new Date('2026-11-22T12:00:00Z'),
};

const TOLERANCE: Tolerance = { withinMs: 12 * 60 * MINUTE_MS, laterMs: 15 * MINUTE_MS };

const at = (clock: string, day = '2026-11-22'): Date => new Date(`${day}T${clock}:00Z`);

let lines = 0;
const aStart = (start: Partial<CronStart> = {}): CronStart => {
  lines += 1;
  return { line: lines, at: at('04:15'), feed: 'kpi', ...start };
};

const aRun = (run: Partial<SuiteRun> = {}): SuiteRun => ({ run: 'kpi', completeAt: at('04:12'), files: 1, ...run });

describe('readJobLog', () => {
  it('finds the starts of feeds in the log of cron, and counts the rest', () => {
    const log = readJobLog(
      [
        'Nov 22 04:15:01 recobatch01 CRON[1234]: (batch) CMD (/opt/jobs/kpi.py --all >> /var/log/kpi 2>&1)',
        'Nov 22 04:15:01 recobatch01 CRON[1233]: pam_unix(cron:session): session opened for user batch',
        'Nov  2 05:00:01 recobatch01 crond[1]: (batch) CMD (flock -n /l /opt/jobs/load.py --shop shop-b)',
        '2026-11-22T04:16:01.123456+09:00 recobatch01 CRON[9]: (root) CMD (   /opt/jobs/load.py --shop shop-c)',
        'Dec 31 23:59:01 recobatch01 /usr/sbin/cron[7]: (batch) CMD (/opt/jobs/kpi.py)',
        'Nov 22 04:20:01 recobatch01 CRON[1]: (batch) CMD (/opt/check.sh)',
        'Nov 22 04:25:01 recobatch01 CRON[1]: (batch) CMD (/opt/check.sh)',
        'Nov 22 04:25:01 recobatch01 CRON[1]: (batch) CMD (/opt/jobs/kpi-twin.py)',
      ].join('\n'),
      READING,
    );

    expect(log.starts).toEqual([
      { line: 1, at: new Date('2026-11-21T19:15:01Z'), feed: 'kpi' },
      { line: 3, at: new Date('2026-11-01T20:00:01Z'), feed: 'orders-b' },
      { line: 4, at: new Date('2026-11-21T19:16:01Z'), feed: 'any-orders' },
      { line: 5, at: new Date('2025-12-31T14:59:01Z'), feed: 'kpi' },
    ]);
    expect(log.unmatched).toEqual([
      { command: '/opt/check.sh', count: 2, feeds: [] },
      { command: '/opt/jobs/kpi-twin.py', count: 1, feeds: ['twin', 'other-twin'] },
    ]);
    expect(log.otherLines).toBe(1);
  });

  it('reads a list of jobs with tabs or commas, with a header or without, in local time or any other', () => {
    const plain = readJobLog('# jobs\n2026-11-22 04:15\tkpi\n2026-11-22T04:15:30Z,orders-a,2026-11-21,3\r\n', READING);
    const named = readJobLog('Date,Files,Feed,Time\n2026-11,,kpi,2026-11-22 04:15:01+0200\n', READING);

    expect(plain.starts).toEqual([
      { line: 2, at: new Date('2026-11-21T19:15:00Z'), feed: 'kpi' },
      { line: 3, at: new Date('2026-11-22T04:15:30Z'), feed: 'orders-a', date: '2026-11-21', files: 3 },
    ]);
    expect(named.starts).toEqual([{ line: 2, at: new Date('2026-11-22T02:15:01Z'), feed: 'kpi', date: '2026-11' }]);
  });

  it.each([
    'yesterday\tkpi',
    '2026-02-30 04:15\tkpi',
    '2026-11-22 04:15\t',
    '2026-11-22 04:15\tkpi\tyesterday',
    '2026-11-22 04:15\tkpi\t2026-11-22\tmany',
    '2026-11-22 24:15\tkpi',
  ])('refuses a list with the line %j, rather than compare with something else', (line) => {
    expect(() => readJobLog(`2026-11-22 04:15\tkpi\n${line}`, READING)).toThrow(LogError);
    expect(() => readJobLog(`2026-11-22 04:15\tkpi\n${line}`, READING)).toThrow('Line 2 is neither');
  });

  it('takes an empty log for one without starts', () => {
    expect(readJobLog('\n', READING)).toEqual({ starts: [], unmatched: [], otherLines: 0 });
  });
});

describe('compareFeed', () => {
  it('pairs by date where the log has one, however far apart, and says how much later the suite was', () => {
    const start = aStart({ date: '2026-11-22', at: at('23:00') });
    const [other, same] = [
      aRun({ run: 'kpi@2026-11-21', date: '2026-11-21', completeAt: at('22:59') }),
      aRun({ run: 'kpi@2026-11-22', date: '2026-11-22', completeAt: at('04:00') }),
    ];

    const parity = compareFeed('kpi', [start], [other, same], TOLERANCE);

    expect(parity.pairs).toEqual([{ start, run: same, laterMs: -19 * 60 * MINUTE_MS }]);
    expect(parity.extra).toEqual([other]);
    expect(verdictOf(parity, TOLERANCE)).toBe('differs');
  });

  it('pairs a start without a date with the nearest run, and with none that is too far away', () => {
    const [one, two] = [aStart({ at: at('04:00') }), aStart({ at: at('16:30') })];
    const runs = [aRun({ run: 'a', completeAt: at('04:02') }), aRun({ run: 'b', completeAt: at('04:01') })];

    const parity = compareFeed('kpi', [one, two], runs, TOLERANCE);

    expect(parity.pairs.map(({ start, run }) => [start.line, run.run])).toEqual([[one.line, 'b']]);
    expect(parity.missing).toEqual([{ start: two }]);
    expect(parity.extra.map(({ run }) => run)).toEqual(['a']);
  });

  it('names the run that still waits where cron went ahead', () => {
    const { completeAt: _, ...waiting } = aRun({ run: 'kpi@2026-11-22', date: '2026-11-22' });
    const start = aStart({ date: '2026-11-22' });

    const parity = compareFeed('kpi', [start], [waiting], TOLERANCE);

    expect(parity).toMatchObject({ pairs: [], missing: [{ start, waiting }], extra: [] });
  });

  it.each([
    ['same', 15, 2, 2],
    ['differs', 16, 2, 2],
    ['same', -900, 2, 2],
    ['differs', 0, 2, 3],
    ['same', 0, undefined, 3],
  ])('says %s of a run %d min later, of %s files where cron took %s', (verdict, minutes, took, files) => {
    const start = aStart({ date: '2026-11-22', ...(took !== undefined && { files: took }) });
    const run = aRun({ date: '2026-11-22', completeAt: new Date(start.at.getTime() + minutes * MINUTE_MS), files });

    expect(verdictOf(compareFeed('kpi', [start], [run], TOLERANCE), TOLERANCE)).toBe(verdict);
  });

  it('says of a feed that neither did anything for that there is nothing to compare', () => {
    expect(verdictOf(compareFeed('kpi', [], [], TOLERANCE), TOLERANCE)).toBe('nothing to compare');
  });

  const dates = fc.constantFrom('2026-11-20', '2026-11-21', '2026-11-22');
  const instants = fc
    .integer({ min: 0, max: 3 * 24 * 60 })
    .map((minutes) => new Date(at('00:00', '2026-11-20').getTime() + minutes * MINUTE_MS));
  const anyStart = fc
    .record({ at: instants, date: fc.option(dates, { nil: undefined }) })
    .map(({ at: instant, date }) => aStart({ at: instant, ...(date !== undefined && { date }) }));
  const anyRun = fc
    .record({ completeAt: fc.option(instants, { nil: undefined }), date: dates, id: fc.uuid() })
    .map(({ completeAt, date, id }): SuiteRun => ({ run: id, date, files: 1, ...(completeAt && { completeAt }) }));

  it('puts each start and each complete run into exactly one place', () => {
    fc.assert(
      fc.property(fc.array(anyStart), fc.array(anyRun), (starts, runs) => {
        const { pairs, missing, extra } = compareFeed('kpi', starts, runs, TOLERANCE);

        const placedStarts = [...pairs, ...missing].map(({ start }) => start.line);
        expect(placedStarts.toSorted()).toEqual(starts.map(({ line }) => line).toSorted());
        const placedRuns = [...pairs.map(({ run }) => run.run), ...extra.map(({ run }) => run)];
        const complete = runs.filter(({ completeAt }) => completeAt !== undefined).map(({ run }) => run);
        expect(placedRuns.toSorted()).toEqual(complete.toSorted());
      }),
    );
  });

  it('leaves no start and run apart that belong together, and does not depend on their order', () => {
    fc.assert(
      fc.property(fc.array(anyStart), fc.array(anyRun), (starts, runs) => {
        const { pairs, missing, extra } = compareFeed('kpi', starts, runs, TOLERANCE);
        const turned = compareFeed('kpi', starts.toReversed(), runs.toReversed(), TOLERANCE);

        for (const { start } of missing) {
          expect(extra.filter(({ date }) => start.date !== undefined && date === start.date)).toEqual([]);
        }
        for (const { start, run } of pairs) {
          expect(start.date ?? run.date).toBe(run.date);
        }
        const named = (all: typeof pairs) => all.map(({ start, run }) => `${start.line} ${run.run}`).toSorted();
        expect(named(turned.pairs)).toEqual(named(pairs));
      }),
    );
  });

  it('finds a suite that does what cron does, so much later, the same but for that', () => {
    fc.assert(
      fc.property(fc.uniqueArray(dates, { minLength: 1 }), fc.integer({ min: -600, max: 15 }), (days, later) => {
        const starts = days.map((date) => aStart({ date, at: at('06:00', date) }));
        const runs = starts.map(({ at: instant, date = '' }) =>
          aRun({ run: date, date, completeAt: new Date(instant.getTime() + later * MINUTE_MS) }),
        );

        const parity = compareFeed('kpi', starts, runs, TOLERANCE);

        expect(verdictOf(parity, TOLERANCE)).toBe('same');
        expect(new Set(parity.pairs.map(({ laterMs }) => laterMs))).toEqual(new Set([later * MINUTE_MS]));
      }),
    );
  });
});

describe('parityText', () => {
  it('says of each feed what differs, in the time of the people, and which can be switched', () => {
    const same = compareFeed('kpi', [aStart()], [aRun()], TOLERANCE);
    const differs = compareFeed(
      'orders-a',
      [
        { line: 7, feed: 'orders-a', at: at('04:00'), date: '2026-11-22', files: 3 },
        { line: 9, feed: 'orders-a', at: at('04:00'), date: '2026-11-23' },
        { line: 11, feed: 'orders-a', at: at('04:00'), date: '2026-11-25' },
      ],
      [
        aRun({ run: 'orders-a@2026-11-22', date: '2026-11-22', completeAt: at('05:30'), files: 4 }),
        aRun({ run: 'orders-a@2026-11-24', date: '2026-11-24', completeAt: at('05:30') }),
        { run: 'orders-a@2026-11-25', date: '2026-11-25', files: 0 },
      ],
      TOLERANCE,
    );
    const log = {
      starts: [],
      unmatched: [
        { command: '/opt/check.sh', count: 12, feeds: [] },
        { command: '/x', count: 1, feeds: ['a', 'b'] },
      ],
      otherLines: 3,
    };

    expect(parityText([same, differs], log, TOLERANCE, 'Asia/Tokyo').split('\n')).toEqual([
      'kpi: same (1 in both, median 3 min earlier; 0 missing, 0 extra)',
      'orders-a: differs (1 in both, median 1 h 30 min later; 2 missing, 1 extra)',
      '  later:   orders-a@2026-11-22, 1 h 30 min later than cron at 2026-11-22 13:00',
      '  files:   orders-a@2026-11-22 has 4, cron took 3',
      '  missing: cron at 2026-11-22 13:00 for 2026-11-23 (line 9): the suite has no run',
      '  missing: cron at 2026-11-22 13:00 for 2026-11-25 (line 11): orders-a@2026-11-25 still waits',
      '  extra:   orders-a@2026-11-24 at 2026-11-22 14:30: cron did not run it',
      '12 starts without a feed: /opt/check.sh',
      '1 start of a or b: /x',
      '3 lines of the log are not a start',
      '',
      '1 of 2 feeds did what cron did, and can be switched: kpi',
    ]);
  });

  it('lists five of a kind, and says how many more there are', () => {
    const starts = Array.from({ length: 8 }, () => aStart({ date: '2026-11-22' }));
    const parity = compareFeed('kpi', starts, [aRun({ date: '2026-11-22' })], TOLERANCE);

    const text = parityText([parity], { starts: [], unmatched: [], otherLines: 0 }, TOLERANCE, 'UTC');

    expect(text.match(/missing: .*the suite would not have run it again/g)).toHaveLength(5);
    expect(text).toContain('  and 2 more, which --json lists\n');
  });

  it.each([
    [0, 'the same minute'],
    [-180_000, '3 min earlier'],
    [3_600_000, '1 h later'],
  ])('describes %d ms as %s', (ms, text) => {
    expect(describeLater(ms)).toBe(text);
  });
});
