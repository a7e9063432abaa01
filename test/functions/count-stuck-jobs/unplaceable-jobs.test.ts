import { describe, expect, it } from 'vitest';
import {
  alertOf,
  grouped,
  planAlerts,
  subjectOf,
  unplaceable,
  unplaceableJobs,
} from '../../../functions/count-stuck-jobs/unplaceable-jobs.ts';
import { type Alert, opened } from '../../../shared/alerts/alert.ts';
import { DAY_MS } from '../../../shared/durations.ts';
import type { Placement } from '../../../shared/placement/placement.ts';
import { AT, aPlacement } from './builders.ts';

const FITS: Placement = { kind: 'fits', reason: 'requests 1 vCPU and 512 MiB, r5.xlarge has them', byEnvironment: [] };

const anAlert = (placement = aPlacement()): Alert => opened(alertOf(placement, DAY_MS), AT);

describe('grouped', () => {
  it('merges all jobs that request the same of one queue', () => {
    const groups = grouped([
      aPlacement({ jobs: 0, feeds: ['sales'] }),
      aPlacement({ jobs: 3 }),
      aPlacement({ jobs: 2 }),
      aPlacement({ jobs: 0, feeds: ['returns', 'sales'] }),
    ]);

    expect(groups).toEqual([aPlacement({ jobs: 5, feeds: ['returns', 'sales'] })]);
  });

  it('keeps apart what differs in queue, definition or resources', () => {
    const different = [
      aPlacement(),
      aPlacement({ queue: 'adhoc' }),
      aPlacement({ definition: 'import-sales:8' }),
      aPlacement({ resources: { vcpus: 4, memoryMiB: 64_000 } }),
      aPlacement({ resources: { vcpus: 8, memoryMiB: 32_000 } }),
      { queue: 'etl', definition: 'gone', placement: FITS, jobs: 0, feeds: [] },
    ];

    expect(grouped(different)).toEqual(different);
    expect(new Set(different.map(subjectOf)).size).toBe(different.length);
  });
});

describe('unplaceable', () => {
  it('selects only certain answers', () => {
    const kinds = ['fits', 'tight', 'never', 'unknown'] as const;
    const placements = kinds.map((kind) => aPlacement({ placement: { ...FITS, kind }, jobs: 2 }));

    expect(unplaceable(placements).map(({ placement }) => placement.kind)).toEqual(['never']);
    expect(unplaceableJobs(placements)).toBe(2);
    expect(unplaceableJobs([])).toBe(0);
  });
});

describe('alertOf', () => {
  it('has the arithmetic and the nearest fix in one line', () => {
    expect(alertOf(aPlacement(), DAY_MS)).toMatchObject({
      kind: 'job-unplaceable',
      subject: 'etl import-sales:7 4 vCPUs and 32,000 MiB',
      queue: 'etl',
      title:
        'import-sales:7 can never run in etl: requests 32,000 MiB, the largest (r5.xlarge) offers about 31,431; request at most 31,400 MiB',
      remindEveryMs: DAY_MS,
    });
  });

  it('names the feeds, the answer of each environment, and the fix', () => {
    expect(alertOf(aPlacement({ jobs: 12, feeds: ['returns', 'sales'] }), DAY_MS).body).toMatchInlineSnapshot(`
      "No compute environment of the queue can run such a job. AWS Batch refuses it, or keeps it in RUNNABLE for ever, where it blocks the queue once it is the first to run.

      Job definition: import-sales:7
      Requests: 4 vCPUs and 32,000 MiB
      Submitted by: returns, sales
      Waiting: 12 jobs

      Compute environments:
      - etl-machines: requests 32,000 MiB, the largest (r5.xlarge) offers about 31,431

      To fix it, request at most 31,400 MiB, or add a compute environment that is large enough."
    `);
  });

  it('names a feed whose first job has not come yet', () => {
    const alert = alertOf(
      {
        queue: 'etl',
        definition: 'import-salse',
        placement: { kind: 'never', reason: 'there is no active job definition import-salse', byEnvironment: [] },
        jobs: 0,
        feeds: ['sales'],
      },
      DAY_MS,
    );

    expect(alert).toMatchObject({ subject: 'etl import-salse', feed: 'sales' });
    expect(alert.title).toBe('import-salse can never run in etl: there is no active job definition import-salse');
    expect(alert.body).toMatchInlineSnapshot(`
      "AWS Batch refuses such a job.

      Job definition: import-salse
      Submitted by: sales
      No such job is waiting yet.

      Correct the name or the state above, or submit to another queue."
    `);
  });

  it('names a feed for filters only when it is the only one', () => {
    expect(alertOf(aPlacement(), DAY_MS)).not.toHaveProperty('feed');
    expect(alertOf(aPlacement({ feeds: ['returns', 'sales'] }), DAY_MS)).not.toHaveProperty('feed');
  });

  it('has a singular for one job', () => {
    expect(alertOf(aPlacement({ jobs: 1 }), DAY_MS).body).toContain('Waiting: 1 job\n');
  });
});

describe('planAlerts', () => {
  const everywhere = () => true;

  it('opens one alert for each kind of job that can never run', () => {
    const plan = planAlerts(
      [aPlacement(), aPlacement(), aPlacement({ placement: FITS, queue: 'adhoc' })],
      [],
      everywhere,
      DAY_MS,
    );

    expect(plan.open.map(({ subject }) => subject)).toEqual(['etl import-sales:7 4 vCPUs and 32,000 MiB']);
    expect(plan.close).toEqual([]);
  });

  it('leaves an alert open while it is true', () => {
    expect(planAlerts([aPlacement()], [anAlert()], everywhere, DAY_MS).close).toEqual([]);
  });

  it('closes an alert when the job fits', () => {
    const { close } = planAlerts([aPlacement({ placement: FITS })], [anAlert()], everywhere, DAY_MS);

    expect(close).toEqual([
      {
        subject: 'etl import-sales:7 4 vCPUs and 32,000 MiB',
        closing: { title: 'import-sales:7 can run in etl now', body: FITS.reason },
      },
    ]);
  });

  it.each([
    ['tight', 1],
    ['unknown', 0],
  ] as const)('takes %s for an answer only where it is one', (kind, closings) => {
    expect(
      planAlerts([aPlacement({ placement: { ...FITS, kind } })], [anAlert()], everywhere, DAY_MS).close,
    ).toHaveLength(closings);
  });

  it('closes an alert when no job requests it any more', () => {
    const { close } = planAlerts([], [anAlert()], everywhere, DAY_MS);

    expect(close[0]?.closing).toEqual({
      title: 'No job requests too much of etl any more',
      body: 'No feed and no waiting job requests it any more: etl import-sales:7 4 vCPUs and 32,000 MiB',
    });
  });

  it('closes no alert of a queue that could not be checked', () => {
    const elsewhere = (queue: string) => queue !== 'etl';

    expect(planAlerts([], [anAlert()], elsewhere, DAY_MS).close).toEqual([]);
    expect(planAlerts([], [anAlert(aPlacement({ queue: 'adhoc' }))], elsewhere, DAY_MS).close).toHaveLength(1);
  });

  it('recognizes an alert whose subject was shortened', () => {
    const long = aPlacement({ definition: `${'d'.repeat(2000)}:1` });
    const alert = { ...anAlert(long), queue: 'etl' };

    expect(planAlerts([long], [alert], everywhere, DAY_MS).close).toEqual([]);
    expect(planAlerts([], [alert], everywhere, DAY_MS).close).toHaveLength(1);
  });

  it('leaves an alert without a queue', () => {
    const { queue: _, ...alert } = anAlert();

    expect(planAlerts([], [alert], everywhere, DAY_MS).close).toEqual([]);
  });
});
