import { beforeEach, describe, expect, it } from 'vitest';
import { createReportLateRuns, type Lateness } from '../../../functions/check-arrivals/report-late-runs.ts';
import { createAlerts } from '../../../shared/alerts/alerts.ts';
import { HOUR_MS, MINUTE_MS } from '../../../shared/durations.ts';
import type { Calendar, Feed } from '../../../shared/feeds/feed.ts';
import { createReadSources } from '../../../shared/runs/read-sources.ts';
import { createSettleRun } from '../../../shared/runs/settle-run.ts';
import { aFeed, aFeedSlot, aFileSlot, anArrival } from '../../support/builders.ts';
import { type MemoryAlerts, memoryAlerts } from '../../support/memory-alerts.ts';
import { memoryFeedStates } from '../../support/memory-feed-states.ts';
import { runPorts, START } from '../../support/run-ports.ts';

const signal = new AbortController().signal;
const KEY = { feed: 'sales', date: '2026-11-22', values: {} };
const LONG_AGO = new Date(START.getTime() - 30 * 24 * HOUR_MS);

/** Due at noon, which is when the clock starts; of today only. */
const sales = aFeed({ due: { kind: 'time of day', days: 0, hour: 12, minute: 0 }, lookback: 0 });

let world: ReturnType<typeof runPorts>;
let states: ReturnType<typeof memoryFeedStates>;
let told: MemoryAlerts;

beforeEach(() => {
  world = runPorts();
  states = memoryFeedStates();
  told = memoryAlerts();
});

const ticking = (feeds: readonly Feed[], ledger = world.ledger, calendars: Record<string, Calendar> = {}) => {
  const alerts = createAlerts({ ...told, now: world.ports.now }, { stage: 'test', timeZone: 'Asia/Tokyo' });
  const byName = new Map(feeds.map((feed) => [feed.name, feed]));
  const ports = { ledger, states, readSources: createReadSources({ ledger }, byName), alerts, now: world.ports.now };
  const tend = createReportLateRuns(ports, feeds, calendars);
  return async (): Promise<Lateness> => {
    for (const { name } of feeds) {
      await states.noteFirstSeen(name, LONG_AGO, signal);
    }
    const lateness = await tend(await states.readAll(signal), signal);
    await alerts.notifyDue(signal);
    return lateness;
  };
};

const settle = (feed = sales) => createSettleRun(world.ports, { stage: 'test', pausesMs: [] })(KEY, feed, signal);
const arrive = (differences = {}) => world.ledger.recordArrival(KEY, anArrival(differences), world.ports.now(), signal);
const subjects = () => told.published.map(({ subject }) => subject);

describe('createReportLateRuns', () => {
  it('says nothing before a run is due, and counts none', async () => {
    const tick = ticking([sales]);
    world.pass(-1);

    expect(await tick()).toEqual({
      standings: [{ feed: 'sales', late: [], opened: [], closed: [] }],
      failed: [],
    });
    expect(subjects()).toEqual([]);
  });

  it('tells once that a run is late, reminds of it, and says how late it came', async () => {
    const tick = ticking([sales]);

    expect(await tick()).toMatchObject({ standings: [{ late: ['sales@2026-11-22'], opened: ['sales@2026-11-22'] }] });
    world.pass(MINUTE_MS);
    expect(await tick()).toMatchObject({ standings: [{ late: ['sales@2026-11-22'], opened: [], closed: [] }] });
    world.pass(4 * HOUR_MS);
    await tick();
    await arrive();
    await settle();
    world.pass(MINUTE_MS);
    expect(await tick()).toMatchObject({ standings: [{ late: [], closed: ['sales@2026-11-22'] }] });
    await tick();

    expect(subjects()).toEqual([
      '[test] sales 2026-11-22 is late: orders missing',
      '[test] Still open: sales 2026-11-22 is late: orders missing',
      '[test] sales 2026-11-22 arrived 4 h 1 min late',
    ]);
    expect(told.published.map(({ attributes }) => attributes)).toEqual([
      { kind: 'feed-late', severity: 'warning', feed: 'sales' },
      { kind: 'feed-late', severity: 'warning', feed: 'sales' },
      { kind: 'feed-recovered', severity: 'info', feed: 'sales' },
    ]);
    expect(states.states.get('sales')?.late).toEqual([]);
  });

  it('says nothing of a run that was complete in time, or came late between two ticks', async () => {
    await arrive();
    await settle();

    expect(await ticking([sales])()).toMatchObject({ standings: [{ late: [], opened: [] }] });
    expect(subjects()).toEqual([]);
  });

  it('reminds of what is missing by then', async () => {
    const feed = {
      ...sales,
      slots: [aFileSlot({ min: 2 }), aFileSlot({ name: 'prices', uri: 's3://landing/prices/{date:yyyyMMdd}.csv' })],
    };
    const tick = ticking([feed]);
    await tick();
    world.pass(MINUTE_MS);
    await arrive();
    await arrive({ key: 'sales/20261122/orders_osaka.tsv.gz' });
    await tick();
    world.pass(4 * HOUR_MS);
    await tick();

    expect(subjects().at(-1)).toBe('[test] Still open: sales 2026-11-22 is late: prices missing');
    expect(told.published.at(-1)?.body).toContain('- orders: s3://landing/sales/20261122/orders_osaka.tsv.gz');
  });

  it('looks again after a quarter of an hour at the runs that a late one waits for', async () => {
    const catalog = aFeed({ name: 'catalog' });
    const feed = { ...sales, slots: [aFeedSlot()] };
    const tick = ticking([feed, catalog]);
    const source = { feed: 'catalog', date: '2026-11-22', values: {} };
    await world.ledger.openRun(source, START, signal);
    await tick();
    const opened = world.ledger.entries.get('catalog@2026-11-22');
    if (opened !== undefined) {
      opened.run = {
        ...opened.run,
        state: 'failed',
        job: { id: 'job-9', submittedAt: START, exitCode: 3, reason: 'Essential container in task exited' },
      };
    }
    world.pass(15 * MINUTE_MS);
    await tick();
    world.pass(4 * HOUR_MS);
    await tick();

    expect(told.published[0]?.body).toContain('catalog@2026-11-22 still waits itself');
    expect(told.published.at(-1)?.body).toContain(
      'catalog@2026-11-22 failed: exit code 3, Essential container in task exited',
    );
  });

  it('tells that a run never came, at the cut-off', async () => {
    const tick = ticking([{ ...sales, cutOff: { kind: 'offset', ms: 15 * HOUR_MS } }]);
    await tick();

    world.pass(3 * HOUR_MS);
    expect(await tick()).toMatchObject({ standings: [{ late: [], closed: ['sales@2026-11-22'] }] });
    expect(await tick()).toMatchObject({ standings: [{ late: [], closed: [] }] });

    expect(subjects()).toEqual([
      '[test] sales 2026-11-22 is late: orders missing',
      '[test] sales 2026-11-22 never came',
    ]);
  });

  it('tells that a run never came when its date is looked back to no more', async () => {
    const tick = ticking([{ ...sales, remindEveryMs: 48 * HOUR_MS }]);
    await tick();

    world.pass(24 * HOUR_MS);
    expect(await tick()).toMatchObject({
      standings: [{ late: ['sales@2026-11-23'], opened: ['sales@2026-11-23'], closed: ['sales@2026-11-22'] }],
    });

    expect(subjects().toSorted()).toEqual([
      '[test] sales 2026-11-22 is late: orders missing',
      '[test] sales 2026-11-22 never came',
      '[test] sales 2026-11-23 is late: orders missing',
    ]);
  });

  it('closes without a word what the configuration asks for no more', async () => {
    const { due: _, ...undue } = sales;
    const later: Feed = { ...sales, due: { kind: 'time of day', days: 0, hour: 18, minute: 0 } };
    for (const feeds of [[undue], [later], []]) {
      await ticking([sales])();
      expect(states.states.get('sales')?.late).toHaveLength(1);

      await ticking(feeds)();

      expect(states.states.get('sales')?.late).toEqual([]);
    }
    expect(subjects()).toEqual(Array.from({ length: 3 }, () => '[test] sales 2026-11-22 is late: orders missing'));
  });

  it('takes a run of a shadow feed for complete when it would have been submitted', async () => {
    const feed = { ...sales, shadow: true };
    const tick = ticking([feed]);
    await tick();
    world.pass(43 * MINUTE_MS);
    await arrive();
    await settle(feed);
    await tick();

    expect(subjects().at(-1)).toBe('[test] sales 2026-11-22 arrived 43 min late');
  });

  it('does not know how late a run came that has been rerun since', async () => {
    const tick = ticking([sales]);
    await tick();
    await arrive();
    await settle();
    await world.ledger.recordJob(KEY, 1, { jobId: 'job-1', state: 'failed', attempts: 1 }, world.ports.now(), signal);
    const run = await world.ledger.readRun(KEY, signal);
    await world.ledger.openNextGeneration(run ?? expect.unreachable(), world.ports.now(), signal);
    await settle();
    world.pass(2 * MINUTE_MS);
    await tick();

    expect(subjects().at(-1)).toBe('[test] sales 2026-11-22 arrived');
  });

  it('tells once although the tick before died before it noted whom it told of', async () => {
    const noteLate = states.noteLate;
    states.noteLate = () => Promise.reject(new Error('table down'));
    expect(await ticking([sales])()).toMatchObject({ failed: [{ feed: 'sales', error: new Error('table down') }] });
    states.noteLate = noteLate;

    await ticking([sales])();
    await ticking([sales])();

    expect(subjects()).toHaveLength(1);
  });

  it('keeps hold of an alert that it could not close, and closes it with the next tick', async () => {
    let isDown = false;
    told = memoryAlerts((point) => {
      if (isDown && point === 'before replace') throw new Error('table down');
    });
    const tick = ticking([sales]);
    await tick();
    await arrive();
    await settle();
    isDown = true;

    expect(await tick()).toMatchObject({ standings: [], failed: [{ feed: 'sales', error: new Error('table down') }] });
    expect(states.states.get('sales')?.late).toEqual([KEY]);

    isDown = false;
    expect(await tick()).toMatchObject({ standings: [{ closed: ['sales@2026-11-22'] }], failed: [] });
    expect(states.states.get('sales')?.late).toEqual([]);
    expect(subjects().at(-1)).toBe('[test] sales 2026-11-22 arrived less than a minute late');
  });

  it('keeps hold of an alert that it opened before it died', async () => {
    const feed = { ...sales, captures: ['shop'], values: { shop: ['tokyo', 'osaka'] } };
    const [tokyo, osaka] = ['tokyo', 'osaka'].map((shop) => ({ ...KEY, values: { shop } }));
    let isDown = true;
    const ledger: typeof world.ledger = {
      ...world.ledger,
      readRunWithArrivals: (key, ...rest) =>
        isDown && key.values['shop'] === 'osaka'
          ? Promise.reject(new Error('table down'))
          : world.ledger.readRunWithArrivals(key, ...rest),
    };
    expect(await ticking([feed], ledger)()).toMatchObject({
      failed: [{ feed: 'sales', error: new Error('table down') }],
    });
    await world.ledger.recordArrival(tokyo as typeof KEY, anArrival(), world.ports.now(), signal);
    await createSettleRun(world.ports, { stage: 'test', pausesMs: [] })(tokyo as typeof KEY, feed, signal);
    world.pass(MINUTE_MS);
    await ticking([feed], ledger)();
    isDown = false;
    await ticking([feed], ledger)();

    expect(subjects()).toEqual([
      '[test] sales 2026-11-22 shop=tokyo is late: orders missing',
      '[test] sales 2026-11-22 shop=tokyo arrived less than a minute late',
      '[test] sales 2026-11-22 shop=osaka is late: orders missing',
    ]);
    expect(states.states.get('sales')?.late).toEqual([osaka]);
  });

  it('goes on with the runs that it could not read, and reads no other again', async () => {
    const feed = { ...sales, captures: ['shop'], values: { shop: ['tokyo', 'osaka'] } };
    const tokyo = { ...KEY, values: { shop: 'tokyo' } };
    await world.ledger.recordArrival(tokyo, anArrival(), world.ports.now(), signal);
    await createSettleRun(world.ports, { stage: 'test', pausesMs: [] })(tokyo, feed, signal);
    const reads: (string | undefined)[] = [];
    const tick = ticking([feed], {
      ...world.ledger,
      readRun: (key, ...rest) => {
        reads.push(key.values['shop']);
        return key.values['shop'] === 'osaka'
          ? Promise.reject(new Error('table down'))
          : world.ledger.readRun(key, ...rest);
      },
    });

    await tick();
    await tick();

    expect(reads).toEqual(['tokyo', 'osaka', 'osaka']);
  });

  it('does not read a run again that it has seen complete', async () => {
    let reads = 0;
    const ledger = {
      ...world.ledger,
      readRun: (...args: Parameters<typeof world.ledger.readRun>) => {
        reads += 1;
        return world.ledger.readRun(...args);
      },
    };
    await arrive();
    await settle();
    const tick = ticking([sales], ledger);

    await tick();
    await tick();

    expect(reads).toBe(1);
  });

  it('does not know how a feed stands whose runs cannot be read, and goes on with the others', async () => {
    const ledger = {
      ...world.ledger,
      readRun: (...args: Parameters<typeof world.ledger.readRun>) =>
        args[0].feed === 'sales' ? Promise.reject(new Error('table down')) : world.ledger.readRun(...args),
    };

    const lateness = await ticking([sales, { ...sales, name: 'other' }], ledger)();

    expect(lateness).toMatchObject({
      standings: [{ feed: 'other', late: ['other@2026-11-22'] }],
      failed: [{ feed: 'sales', error: new Error('table down') }],
    });
  });

  it('waits for nothing on a day that is no business day', async () => {
    const feed = { ...sales, calendar: 'weekdays' };
    const calendars = { weekdays: { daysOfWeek: [1, 2, 3, 4, 5], holidays: [] } };

    // A Sunday.
    expect(await ticking([feed], world.ledger, calendars)()).toMatchObject({ standings: [{ late: [] }] });
  });
});
