import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createOpenRuns } from '../../../functions/check-arrivals/open-runs.ts';
import { DAY_MS, HOUR_MS } from '../../../shared/durations.ts';
import type { Calendar, Feed } from '../../../shared/feeds/feed.ts';
import { runKeyId } from '../../../shared/feeds/run-key.ts';
import type { Ledger } from '../../../shared/runs/ledger.ts';
import { createSettleRun } from '../../../shared/runs/settle-run.ts';
import { aFeed, aFeedSlot, aTimeSlot } from '../../support/builders.ts';
import { memoryFeedStates } from '../../support/memory-feed-states.ts';
import { runPorts, START } from '../../support/run-ports.ts';

const signal = new AbortController().signal;
const LONG_AGO = new Date(START.getTime() - 30 * DAY_MS);

let world: ReturnType<typeof runPorts>;
let states: ReturnType<typeof memoryFeedStates>;

beforeEach(() => {
  world = runPorts();
  states = memoryFeedStates();
});

const opener = (feeds: readonly Feed[], ledger: Ledger = world.ledger, calendars: Record<string, Calendar> = {}) => {
  const ports = { ...world.ports, ledger };
  const settleRun = createSettleRun(ports, { stage: 'test', pausesMs: [] });
  const openRuns = createOpenRuns({ ledger, states, settleRun, now: world.ports.now }, feeds, calendars);
  return async () => openRuns(await states.readAll(signal), signal);
};

const remember = async (feed: Feed, timesUntil?: Date) => {
  await states.noteFirstSeen(feed.name, LONG_AGO, signal);
  if (timesUntil !== undefined) {
    await states.noteTimesUntil(feed.name, timesUntil, signal);
  }
};

const submittedDates = () => world.submitted.map(({ parameters }) => parameters?.['date']);

describe('createOpenRuns', () => {
  describe('of feeds that wait for more than times', () => {
    const sales = aFeed({ due: { kind: 'time of day', days: 0, hour: 9, minute: 0 }, lookback: 2 });

    it('opens every date that has started and is looked back to, once, and submits nothing', async () => {
      await remember(sales);
      const open = opener([sales]);

      const first = await open();
      const again = await open();

      expect(first.opened.map(runKeyId)).toEqual(['sales@2026-11-20', 'sales@2026-11-21', 'sales@2026-11-22']);
      expect(again).toEqual({ opened: [], skipped: [], outcomes: [] });
      expect(world.submitted).toEqual([]);
      expect((await world.ledger.readRun({ feed: 'sales', date: '2026-11-22', values: {} }, signal))?.state).toBe(
        'waiting',
      );
    });

    it('opens the next date when it starts in the zone of the feed', async () => {
      await remember(sales);
      const open = opener([sales]);
      await open();

      // 23:59 in Tokyo, then midnight.
      world.pass(12 * HOUR_MS - 60_000);
      expect((await open()).opened).toEqual([]);
      world.pass(60_000);
      expect((await open()).opened.map(runKeyId)).toEqual(['sales@2026-11-23']);
    });

    it('asks the table once for each run', async () => {
      await remember(sales);
      let asked = 0;
      const open = opener([sales], {
        ...world.ledger,
        openRun: (...args) => {
          asked += 1;
          return world.ledger.openRun(...args);
        },
      });

      await open();
      await open();

      expect(asked).toBe(3);
    });

    it('tells which runs it could not open, and opens them in the next tick', async () => {
      await remember(sales);
      let isDown = true;
      const open = opener([sales], {
        ...world.ledger,
        openRun: (run, ...rest) =>
          isDown && run.date === '2026-11-21' ? Promise.reject('table down') : world.ledger.openRun(run, ...rest),
      });

      expect(await open()).toMatchObject({
        opened: [{ date: '2026-11-20' }, { date: '2026-11-22' }],
        outcomes: [{ kind: 'failed', feed: 'sales', run: 'sales@2026-11-21', error: new Error('table down') }],
      });
      isDown = false;
      expect(await open()).toMatchObject({ opened: [{ date: '2026-11-21' }], outcomes: [] });
    });

    it('opens them also while the jobs of other feeds take all the time', async () => {
      const nightly = aFeed({ name: 'nightly', slots: [aTimeSlot('12:30')] });
      await remember(sales);
      await remember(nightly, new Date(START.getTime() - DAY_MS));
      const ended = new AbortController();
      const settleRun = () =>
        new Promise<never>((_, reject) => {
          ended.signal.addEventListener('abort', () => reject(new Error('out of time')));
        });
      const { ledger } = world;
      const openRuns = createOpenRuns({ ledger, states, settleRun, now: world.ports.now }, [sales, nightly], {});

      const opening = openRuns(await states.readAll(signal), ended.signal);
      await expect.poll(() => ledger.readRun({ feed: 'sales', date: '2026-11-22', values: {} }, signal)).toBeDefined();
      ended.abort();

      expect((await opening).outcomes).toMatchObject([{ kind: 'failed', run: 'nightly@2026-11-21' }]);
    });

    it('leaves a feed alone that is not remembered', async () => {
      expect(await opener([sales, aFeed({ name: 'nightly', slots: [aTimeSlot()] })])()).toEqual({
        opened: [],
        skipped: [],
        outcomes: [],
      });
    });
  });

  describe('of feeds that wait for nothing but times', () => {
    const nightly = aFeed({ name: 'nightly', slots: [aTimeSlot('12:30')] });

    it('begins with the first time after the first tick', async () => {
      await remember(nightly);
      const open = opener([nightly]);

      expect(await open()).toEqual({ opened: [], skipped: [], outcomes: [] });
      expect(states.states.get('nightly')?.timesUntil).toEqual(START);
      world.pass(30 * 60_000);
      expect(await open()).toMatchObject({
        opened: [{ feed: 'nightly', date: '2026-11-22' }],
        outcomes: [{ kind: 'submitted' }],
      });
      expect(await open()).toEqual({ opened: [], skipped: [], outcomes: [] });
    });

    it.each([
      ['latest', ['2026-11-21'], [{ feed: 'nightly', times: 2, first: '2026-11-19', last: '2026-11-20' }]],
      ['all', ['2026-11-19', '2026-11-20', '2026-11-21'], []],
    ] as const)('makes up for %s of what came during an outage', async (catchUp, dates, skipped) => {
      const feed = { ...nightly, catchUp };
      await remember(feed, new Date(START.getTime() - 3 * DAY_MS));

      const tick = await opener([feed])();

      expect(submittedDates()).toEqual(dates);
      expect(tick.skipped).toEqual(skipped);
      expect(states.states.get('nightly')?.timesUntil).toEqual(new Date('2026-11-21T12:30:00+09:00'));
    });

    it('makes up for very many in several ticks', async () => {
      const feed = aFeed({ name: 'nightly', slots: [aTimeSlot('*/5 * * * *')], dateUnit: 'mm', catchUp: 'all' });
      await remember(feed, new Date(START.getTime() - DAY_MS));
      const open = opener([feed]);

      for (let tick = 0; tick < 6; tick += 1) {
        await open();
      }

      expect(world.submitted).toHaveLength(24 * 12);
      expect(new Set(world.submitted.map(({ jobName }) => jobName)).size).toBe(24 * 12);
    });

    it('loses none of the times that come at one instant, since clocks skipped them', async () => {
      const feed = aFeed({
        name: 'minutely',
        slots: [aTimeSlot('* * * * *')],
        dateUnit: 'mm',
        timeZone: 'Europe/Berlin',
        catchUp: 'all',
        batch: { parameters: { at: '{date:yyyy-MM-dd} {date:HH}:{date:mm}' } },
      });
      // Clocks go from 2:00 to 3:00 at 1:00 UTC: the 60 times between, and that of 3:00, come then.
      world.pass(Date.parse('2026-03-29T01:00:30Z') - START.getTime());
      await remember(feed, new Date('2026-03-29T00:59:30Z'));
      let isDown = true;
      const open = opener([feed], {
        ...world.ledger,
        openRun: (run, ...rest) =>
          isDown && run.date === '2026-03-29T02:20'
            ? Promise.reject(new Error('table down'))
            : world.ledger.openRun(run, ...rest),
      });

      await open();
      isDown = false;
      await open();
      await open();

      expect(world.submitted).toHaveLength(61);
      expect(world.submitted.at(-1)?.parameters).toEqual({ at: '2026-03-29 03:00' });
      expect(states.states.get('minutely')?.timesUntil).toEqual(new Date('2026-03-29T01:00:00Z'));
    });

    it('leaves out what is no business date', async () => {
      const feed: Feed = { ...nightly, calendar: 'tokyo', catchUp: 'all' };
      await remember(feed, new Date(START.getTime() - 3 * DAY_MS));

      await opener([feed], world.ledger, { tokyo: { daysOfWeek: [1, 2, 3, 4, 5], holidays: ['2026-11-19'] } })();

      expect(submittedDates()).toEqual(['2026-11-20']);
    });

    it('opens a date of several times once, with the first of them', async () => {
      const feed = aFeed({ name: 'nightly', slots: [aTimeSlot('12:30'), aTimeSlot('12:10', 'earlier')] });
      await remember(feed, START);
      const open = opener([feed]);

      world.pass(10 * 60_000);
      expect(await open()).toMatchObject({ opened: [{ date: '2026-11-22' }], outcomes: [{ kind: 'waiting' }] });
      world.pass(20 * 60_000);
      expect(await open()).toMatchObject({ opened: [], outcomes: [{ kind: 'submitted' }] });
    });

    it('opens each date once of which several times came in an outage', async () => {
      const slots = [aTimeSlot('12:30'), aTimeSlot('12:10', 'earlier')];
      const feed = aFeed({ name: 'nightly', slots, catchUp: 'all' });
      await remember(feed, new Date(START.getTime() - 2 * DAY_MS));
      world.pass(HOUR_MS);

      const { opened, outcomes } = await opener([feed])();

      const dates = ['2026-11-20', '2026-11-21', '2026-11-22'];
      expect(opened.map(({ date }) => date)).toEqual(dates);
      expect(outcomes.map(({ kind }) => kind)).toEqual(dates.map(() => 'submitted'));
      // The next times are seen to from the first of the last date on.
      expect(states.states.get('nightly')?.timesUntil).toEqual(new Date('2026-11-22T03:10:00.000Z'));
    });

    it('writes down how far it is once an hour, so that another schedule does not begin long ago', async () => {
      await remember(nightly, new Date(START.getTime() - 5 * 60_000));
      const open = opener([nightly]);

      await open();
      expect(states.states.get('nightly')?.timesUntil).toEqual(new Date(START.getTime() - 5 * 60_000));
      world.pass(25 * HOUR_MS);
      await open();
      world.pass(2 * HOUR_MS);
      await open();
      expect(states.states.get('nightly')?.timesUntil).toEqual(world.ports.now());
    });

    it('goes on in the next tick with what it could not open, and says of nothing that it was skipped before', async () => {
      await remember(nightly, new Date(START.getTime() - 3 * DAY_MS));
      let isDown = true;
      const open = opener([nightly], {
        ...world.ledger,
        openRun: (...args) => (isDown ? Promise.reject(new Error('table down')) : world.ledger.openRun(...args)),
      });

      expect(await open()).toMatchObject({ opened: [], skipped: [], outcomes: [{ kind: 'failed' }] });
      isDown = false;
      expect(await open()).toMatchObject({ opened: [{ date: '2026-11-21' }], skipped: [{ times: 2 }] });
    });

    it('leaves a run to the list of unsettled ones that it could open and not submit', async () => {
      await remember(nightly, START);
      world.pass(30 * 60_000);
      const open = opener([nightly], { ...world.ledger, claim: () => Promise.reject(new Error('table down')) });

      expect(await open()).toMatchObject({
        opened: [{ date: '2026-11-22' }],
        outcomes: [{ kind: 'failed', run: 'nightly@2026-11-22', generation: 1 }],
      });
      expect(await world.ledger.unsettledRuns(world.ports.now(), 10, signal)).toHaveLength(1);
    });

    it('tells that it could not see to a feed, and sees to the others', async () => {
      await remember(nightly);
      const other = { ...nightly, name: 'other' };
      await remember(other, new Date(START.getTime() - 12 * HOUR_MS));
      states.noteTimesUntil = (feed) =>
        feed === 'nightly' ? Promise.reject(new Error('table down')) : Promise.resolve();

      expect(await opener([nightly, other])()).toMatchObject({
        outcomes: [{ kind: 'failed', feed: 'nightly', run: 'nightly', error: new Error('table down') }],
      });
    });

    it('opens each time exactly once, whenever the ticks come, through both changes of the clocks', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('2026-03-28T12:00:00Z', '2026-10-24T12:00:00Z'),
          fc.array(fc.integer({ min: 1, max: 7 * 60 }), { minLength: 1, maxLength: 20 }),
          async (from, minutes) => {
            world = runPorts();
            states = memoryFeedStates();
            const start = new Date(from);
            world.pass(start.getTime() - START.getTime());
            const feed = aFeed({
              name: 'hourly',
              slots: [aTimeSlot('30 * * * *')],
              dateUnit: 'HH',
              timeZone: 'Europe/Berlin',
              catchUp: 'all',
              batch: { parameters: { at: '{date:yyyy-MM-dd} {date:HH}' } },
            });
            await remember(feed, start);
            const open = opener([feed]);

            for (const minute of minutes) {
              world.pass(minute * 60_000);
              await open();
            }

            const dates = world.submitted.map(({ parameters }) => parameters?.['at']);
            expect(new Set(dates).size).toBe(dates.length);
            expect(dates).toEqual([...dates].sort());
            // One an hour: the hour that is skipped comes right after the gap, the one that is repeated comes once.
            const hours = (world.ports.now().getTime() - start.getTime()) / HOUR_MS;
            expect(Math.abs(dates.length - hours)).toBeLessThanOrEqual(1.5);
          },
        ),
        { numRuns: 30 },
      );
    });
  });

  it('is not asked for time by a feed that waits for others too', async () => {
    const feed = aFeed({ slots: [aTimeSlot('12:30'), aFeedSlot()], lookback: 0 });
    await remember(feed);

    expect((await opener([feed])()).opened.map(runKeyId)).toEqual(['sales@2026-11-22']);
    expect(states.states.get('sales')?.timesUntil).toBeUndefined();
  });
});
