import { describe, expect, it } from 'vitest';
import { createCountQueue } from '../../../functions/count-stuck-jobs/count-queue.ts';
import type { ListedJob } from '../../../functions/count-stuck-jobs/listed-job.ts';
import { AT, ago, aJob, anArray } from './builders.ts';

const { signal } = new AbortController();

/** Lists what is scripted for `etl RUNNABLE`, or `array-job RUNNING`, a page an array. */
const listingOf = (script: Record<string, ListedJob[][]>) => {
  const asked: string[] = [];
  return {
    asked,
    eachPage: async (
      owner: { queue: string } | { arrayJobId: string },
      status: string,
      visit: (page: ListedJob[]) => void,
    ) => {
      const key = `${'queue' in owner ? owner.queue : owner.arrayJobId} ${status}`;
      asked.push(key);
      for (const page of script[key] ?? [[]]) {
        visit(page);
      }
    },
  };
};

describe('createCountQueue', () => {
  it('lists the statuses in the order of a job’s life, so that none is missed on its way', async () => {
    const listing = listingOf({
      'etl RUNNABLE': [[aJob('a', 60), aJob('b')], [aJob('c')]],
      'etl RUNNING': [[aJob('d')]],
    });

    const count = await createCountQueue({ listing, now: () => AT })('etl', new Map(), signal);

    expect(listing.asked).toEqual(['etl SUBMITTED', 'etl PENDING', 'etl RUNNABLE', 'etl STARTING', 'etl RUNNING']);
    expect(count).toMatchObject({
      queue: 'etl',
      at: AT,
      jobs: { RUNNABLE: 3, RUNNING: 1 },
      oldestAgeSeconds: { RUNNABLE: 60 },
    });
  });

  it('hands on when STARTING jobs were first seen', async () => {
    const listing = listingOf({ 'etl STARTING': [[aJob('a')]] });

    const count = await createCountQueue({ listing, now: () => AT })('etl', new Map([['a', ago(90)]]), signal);

    expect(count.oldestAgeSeconds.STARTING).toBe(90);
  });

  it('lists the children of an array job only for what its summary does not show', async () => {
    const listing = listingOf({
      'etl PENDING': [
        [
          anArray('told', 9, { RUNNABLE: 4, RUNNING: 5 }),
          anArray('untold', 3, undefined),
          anArray('unspawned', 2, undefined),
          anArray('over', 1, { SUCCEEDED: 1 }),
        ],
      ],
      'told RUNNING': [[aJob('told:1', 0, { startedAt: ago(30).getTime() })]],
      'untold RUNNABLE': [[aJob('untold:0'), aJob('untold:1')], [aJob('untold:2')]],
    });

    const count = await createCountQueue({ listing, now: () => AT })('etl', new Map(), signal);

    expect(listing.asked.slice(5)).toEqual([
      ...['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'].map((status) => `untold ${status}`),
      ...['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'].map((status) => `unspawned ${status}`),
      'told RUNNING',
    ]);
    expect(count.jobs).toEqual({ SUBMITTED: 0, PENDING: 2, RUNNABLE: 7, STARTING: 0, RUNNING: 5 });
    expect(count.oldestAgeSeconds.RUNNING).toBe(30);
  });

  it('rejects when one page could not be read', async () => {
    const listing = {
      eachPage: async (_: object, status: string, visit: (page: ListedJob[]) => void) => {
        visit([aJob('a')]);
        if (status === 'STARTING') throw new Error('throttled');
      },
    };

    await expect(createCountQueue({ listing, now: () => AT })('etl', new Map(), signal)).rejects.toThrow('throttled');
  });
});
