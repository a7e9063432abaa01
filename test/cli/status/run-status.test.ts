import { describe, expect, it } from 'vitest';
import { feedStatusOf } from '../../../cli/status/run-status.ts';
import { parseConfiguration } from '../../../configuration/load.ts';
import type { Run, RunState } from '../../../shared/runs/run.ts';

const configure = (more: Readonly<Record<string, unknown>> = {}) => {
  const { feeds, calendars } = parseConfiguration({
    timeZone: 'Asia/Tokyo',
    calendars: { weekdays: { weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'] } },
    feeds: [
      {
        name: 'sales',
        slots: { orders: { files: 's3://landing/{date:yyyyMMdd}/orders_*', min: 2 } },
        job: { batch: { queue: 'q', definition: 'd' } },
        ...more,
      },
    ],
  }).configuration;
  const [feed] = feeds;
  if (feed === undefined) {
    throw new Error('no feed');
  }
  return { feed, calendars };
};

/** 12:00 in Tokyo. */
const NOW = new Date('2026-11-20T03:00:00Z');
const RANGE = { from: '2026-11-16', to: '2026-11-22' };
const FIRST_SEEN = new Date('2026-11-01T00:00:00Z');

const aRun = (date: string, state: RunState, more: Partial<Run> = {}): Run => ({
  key: { feed: 'sales', date, values: {} },
  generation: 1,
  revision: 1,
  state,
  filled: new Map([['orders', 1]]),
  openedAt: NOW,
  ...more,
});

const statusOf = (run: Run, more: Readonly<Record<string, unknown>> = {}) => {
  const { feed, calendars } = configure(more);
  return feedStatusOf({ feed, runs: [run] }, RANGE, NOW, calendars).runs[0];
};

describe('feedStatusOf', () => {
  it.each<[RunState, string]>([
    ['claimed', 'running'],
    ['submitted', 'running'],
    ['running', 'running'],
    ['succeeded', 'done'],
    ['failed', 'failed'],
    ['refused', 'refused'],
    ['waiting', 'waiting'],
  ])('calls a run that is %s %s', (state, status) => {
    expect(statusOf(aRun('2026-11-19', state))?.status).toBe(status);
  });

  it('calls a complete run of a shadow feed shadow', () => {
    const run = aRun('2026-11-19', 'waiting', { filled: new Map([['orders', 2]]), wouldSubmitAt: NOW });

    expect(statusOf(run)).toMatchObject({
      status: 'shadow',
      reason: 'complete; the feed is a shadow and does not start the job',
    });
  });

  it.each([
    ['before it is due', '12:01', 'waiting'],
    ['from when it was due', '12:00', 'late'],
  ])('tells waiting from late: %s', (_, due, status) => {
    expect(statusOf(aRun('2026-11-20', 'waiting'), { due })?.status).toBe(status);
  });

  it('calls a run missing after its cut-off time', () => {
    expect(statusOf(aRun('2026-11-20', 'waiting'), { due: '09:00', cutOff: '11:00' })?.status).toBe('missing');
  });

  it('never calls a rerun or a run of a shadow feed late', () => {
    const again = statusOf(aRun('2026-11-20', 'waiting', { generation: 2 }), { due: '09:00' });
    const shadow = statusOf(aRun('2026-11-20', 'waiting', { wouldSubmitAt: NOW }), { due: '09:00' });

    expect([again?.status, shadow?.status]).toEqual(['waiting', 'shadow']);
  });

  it('has the missing slots or the cause of a failure as the reason', () => {
    const job = { id: 'job', submittedAt: NOW, exitCode: 3, reason: 'Error' };

    expect(statusOf(aRun('2026-11-20', 'waiting'))?.reason).toBe('waits for orders 1 of 2');
    expect(statusOf(aRun('2026-11-20', 'failed', { job }))?.reason).toBe('exit code 3, Error');
    expect(statusOf(aRun('2026-11-20', 'refused', { refusal: 'no queue' }))?.reason).toBe('no queue');
    expect(statusOf(aRun('2026-11-20', 'succeeded'))).not.toHaveProperty('reason');
  });

  it('shows expected runs that do not exist, also before lookback, and days off', () => {
    const { feed, calendars } = configure({ due: '09:00', calendar: 'weekdays', lookback: 1 });

    const { runs, daysOff } = feedStatusOf(
      { feed, runs: [aRun('2026-11-17', 'succeeded')], firstSeenAt: FIRST_SEEN },
      RANGE,
      NOW,
      calendars,
    );

    expect(runs.map(({ key, status }) => [key.date, status]).toSorted()).toEqual([
      ['2026-11-16', 'missing'],
      ['2026-11-17', 'done'],
      ['2026-11-18', 'missing'],
      ['2026-11-19', 'missing'],
      ['2026-11-20', 'missing'],
    ]);
    expect(daysOff).toEqual(['2026-11-21', '2026-11-22']);
  });

  it('expects nothing of a feed that the stack has not seen', () => {
    const { feed, calendars } = configure({ due: '09:00' });

    expect(feedStatusOf({ feed, runs: [] }, RANGE, NOW, calendars).runs).toEqual([]);
  });

  it('shows a run without a date on the day it was opened, in the zone of the feed', () => {
    const { feed, calendars } = configure({ slots: { file: { files: 's3://landing/up/*' } } });
    const run: Run = {
      ...aRun('', 'succeeded', { openedAt: new Date('2026-11-18T16:00:00Z') }),
      key: { feed: 'sales', values: { object: 's3://landing/up/x' } },
    };

    expect(feedStatusOf({ feed, runs: [run] }, RANGE, NOW, calendars).runs[0]?.day).toBe('2026-11-19');
  });
});
