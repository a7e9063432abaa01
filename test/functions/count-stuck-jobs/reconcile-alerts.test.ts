import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createReconcileAlerts, type Ports } from '../../../functions/count-stuck-jobs/reconcile-alerts.ts';
import { type Alert, alertId } from '../../../shared/alerts/alert.ts';
import { createAlerts } from '../../../shared/alerts/alerts.ts';
import { createAlertRegister } from '../../../shared/alerts/register.ts';
import { DAY_MS } from '../../../shared/durations.ts';
import type { Placement } from '../../../shared/placement/placement.ts';
import { type MemoryAlerts, memoryAlerts } from '../../support/memory-alerts.ts';
import { AT, aPlacement } from './builders.ts';

const { signal } = new AbortController();
const SUBJECT = 'etl import-sales:7 4 vCPUs and 32,000 MiB';
const FITS: Placement = { kind: 'fits', reason: 'r5.xlarge has them', byEnvironment: [] };

let now: Date;
let memory: MemoryAlerts;
let statuses: Record<string, string>;
const jobs = vi.fn<Ports['jobs']>(async (ids) =>
  ids.flatMap((jobId) => (statuses[jobId] === undefined ? [] : [{ jobId, status: statuses[jobId] }])),
);

beforeEach(() => {
  now = AT;
  memory = memoryAlerts();
  statuses = {};
  vi.clearAllMocks();
});

const clock = () => now;
const register = () => createAlertRegister({ table: memory.table, now: clock });
const reconcile = (ports: Partial<Ports> = {}) =>
  createReconcileAlerts(
    { register: register(), table: memory.table, jobs, now: clock, ...ports },
    { remindEveryMs: DAY_MS },
  );
const notifyDue = () =>
  createAlerts(
    { table: memory.table, topic: memory.topic, now: clock },
    { stage: 'test', timeZone: 'Asia/Tokyo' },
  ).notifyDue(signal);
const everywhere = () => true;
const alertOf = (kind: Alert['kind'], subject: string) => memory.alerts.get(alertId(kind, subject));

describe('jobs that can never run', () => {
  it('are notified when found, again after a day, and when it is over', async () => {
    for (const [hours, placement] of [
      [0, aPlacement().placement],
      [1, aPlacement().placement],
      [25, aPlacement().placement],
      [26, FITS],
      [27, FITS],
    ] as const) {
      now = new Date(AT.getTime() + hours * 3_600_000);
      await reconcile()([aPlacement({ placement })], everywhere, signal);
      await notifyDue();
    }

    expect(memory.published.map(({ subject }) => subject)).toEqual([
      expect.stringMatching(/^\[test\] import-sales:7 can never run in etl: requests 32,000 MiB, the largest/),
      expect.stringMatching(/^\[test\] Still open: import-sales:7 can never run in etl/),
      '[test] import-sales:7 can run in etl now',
    ]);
    expect(memory.published[0]?.attributes).toEqual({ kind: 'job-unplaceable', severity: 'error', queue: 'etl' });
  });

  it('are returned as opened and closed', async () => {
    expect(await reconcile()([aPlacement()], everywhere, signal)).toEqual({
      changes: [{ kind: 'job-unplaceable', subject: SUBJECT, change: 'opened' }],
      failed: [],
    });
    expect(await reconcile()([aPlacement()], everywhere, signal)).toEqual({ changes: [], failed: [] });
    expect(await reconcile()([], everywhere, signal)).toEqual({
      changes: [{ kind: 'job-unplaceable', subject: SUBJECT, change: 'closed' }],
      failed: [],
    });
    expect(await reconcile()([], everywhere, signal)).toEqual({ changes: [], failed: [] });
  });

  it('stay open while their queue cannot be checked', async () => {
    await reconcile()([aPlacement()], everywhere, signal);

    await reconcile()([], (queue) => queue !== 'etl', signal);

    expect(alertOf('job-unplaceable', SUBJECT)?.closedAt).toBeUndefined();
  });

  it('cost one another nothing when one alert cannot be kept', async () => {
    const error = new Error('no table');
    const failing = {
      ...register(),
      open: async (alert: { subject: string }) => {
        if (alert.subject === SUBJECT) throw error;
        return true;
      },
    };

    expect(
      await reconcile({ register: failing })([aPlacement(), aPlacement({ queue: 'adhoc' })], everywhere, signal),
    ).toEqual({
      changes: [{ kind: 'job-unplaceable', subject: SUBJECT.replace('etl', 'adhoc'), change: 'opened' }],
      failed: [{ kind: 'job-unplaceable', subject: SUBJECT, error }],
    });
  });
});

describe('blocked queues', () => {
  const open = (subject: string) =>
    register().open(
      { kind: 'queue-blocked', subject, queue: 'etl', title: 'etl is blocked', body: 'by it', remindEveryMs: DAY_MS },
      signal,
    );

  it('are over once the job that blocked them has left RUNNABLE', async () => {
    statuses = { 'job-1': 'RUNNABLE', 'job-2': 'RUNNING' };
    await open('job-1');
    await open('job-2');
    await notifyDue();

    const { changes } = await reconcile()([], everywhere, signal);
    await notifyDue();

    expect(changes).toEqual([{ kind: 'queue-blocked', subject: 'job-2', change: 'closed' }]);
    expect(memory.published.at(-1)).toMatchObject({
      subject: '[test] Queue etl is no longer blocked',
      attributes: { kind: 'queue-unblocked', severity: 'info', queue: 'etl' },
    });
    expect(alertOf('queue-blocked', 'job-1')?.closedAt).toBeUndefined();
  });

  it('are asked about only while an alert is open', async () => {
    await reconcile()([], everywhere, signal);
    await open('job-1');
    statuses = { 'job-1': 'FAILED' };
    await reconcile()([], everywhere, signal);
    await reconcile()([], everywhere, signal);

    expect(jobs.mock.calls.map(([ids]) => ids)).toEqual([['job-1']]);
  });
});

it('leaves alerts of other kinds alone, and an alert that has gone', async () => {
  await register().open(
    { kind: 'submit-refused', subject: SUBJECT, title: 'x', body: '', remindEveryMs: DAY_MS },
    signal,
  );
  const table = {
    due: async () => [alertId('submit-refused', SUBJECT), alertId('job-unplaceable', 'gone')],
    read: memory.table.read,
  };

  expect(await reconcile({ table })([], everywhere, signal)).toEqual({ changes: [], failed: [] });
  expect(alertOf('submit-refused', SUBJECT)?.closedAt).toBeUndefined();
});

it('rejects when it cannot read the open alerts', async () => {
  const table = {
    due: async () => [alertId('job-unplaceable', SUBJECT)],
    read: () => Promise.reject(new Error('no table')),
  };

  await expect(reconcile({ table })([], everywhere, signal)).rejects.toThrow('no table');
});
