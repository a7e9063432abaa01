import { describe, expect, it } from 'vitest';
import { standingsOf } from '../../../cli/status/run-status.ts';
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

/** Noon in Tokyo. */
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

const wordOf = (run: Run, more: Readonly<Record<string, unknown>> = {}) => {
  const { feed, calendars } = configure(more);
  return standingsOf({ feed, runs: [run] }, RANGE, NOW, calendars).standings[0];
};

describe('standingsOf', () => {
  it.each<[RunState, string]>([
    ['claimed', 'running'],
    ['submitted', 'running'],
    ['running', 'running'],
    ['succeeded', 'done'],
    ['failed', 'failed'],
    ['refused', 'refused'],
    ['waiting', 'waiting'],
  ])('calls a run that is %s %s', (state, word) => {
    expect(wordOf(aRun('2026-11-19', state))?.word).toBe(word);
  });

  it('says of what a shadow feed left to others that nobody will submit it', () => {
    const run = aRun('2026-11-19', 'waiting', { filled: new Map([['orders', 2]]), wouldSubmitAt: NOW });

    expect(wordOf(run)).toMatchObject({ word: 'shadow', reason: 'complete, and left to others by its shadow feed' });
  });

  it.each([
    ['before it is due', '12:01', 'waiting'],
    ['from when it was due', '12:00', 'late'],
  ])('calls one that waits %s what it is', (_, due, word) => {
    expect(wordOf(aRun('2026-11-20', 'waiting'), { due })?.word).toBe(word);
  });

  it('calls one missing that nobody waits for any longer', () => {
    expect(wordOf(aRun('2026-11-20', 'waiting'), { due: '09:00', cutOff: '11:00' })?.word).toBe('missing');
  });

  it('calls one that waits to run again not late, and one that a shadow feed left to others shadow', () => {
    const again = wordOf(aRun('2026-11-20', 'waiting', { generation: 2 }), { due: '09:00' });
    const shadow = wordOf(aRun('2026-11-20', 'waiting', { wouldSubmitAt: NOW }), { due: '09:00' });

    expect([again?.word, shadow?.word]).toEqual(['waiting', 'shadow']);
  });

  it('says what a run waits for, or why it failed', () => {
    const job = { id: 'job', submittedAt: NOW, exitCode: 3, reason: 'Error' };

    expect(wordOf(aRun('2026-11-20', 'waiting'))?.reason).toBe('waits for orders 1 of 2');
    expect(wordOf(aRun('2026-11-20', 'failed', { job }))?.reason).toBe('exit code 3, Error');
    expect(wordOf(aRun('2026-11-20', 'refused', { refusal: 'no queue' }))?.reason).toBe('no queue');
    expect(wordOf(aRun('2026-11-20', 'succeeded'))).not.toHaveProperty('reason');
  });

  it('shows what should be there and is not, also before its lookback, and days off', () => {
    const { feed, calendars } = configure({ due: '09:00', calendar: 'weekdays', lookback: 1 });

    const { standings, daysOff } = standingsOf(
      { feed, runs: [aRun('2026-11-17', 'succeeded')], firstSeenAt: FIRST_SEEN },
      RANGE,
      NOW,
      calendars,
    );

    expect(standings.map(({ key, word }) => [key.date, word]).toSorted()).toEqual([
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

    expect(standingsOf({ feed, runs: [] }, RANGE, NOW, calendars).standings).toEqual([]);
  });

  it('shows a run without a date on the day it was opened, in the zone of the feed', () => {
    const { feed, calendars } = configure({ slots: { file: { files: 's3://landing/up/*' } } });
    const run: Run = {
      ...aRun('', 'succeeded', { openedAt: new Date('2026-11-18T16:00:00Z') }),
      key: { feed: 'sales', values: { object: 's3://landing/up/x' } },
    };

    expect(standingsOf({ feed, runs: [run] }, RANGE, NOW, calendars).standings[0]?.day).toBe('2026-11-19');
  });
});
