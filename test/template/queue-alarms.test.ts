import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../configuration/configuration.ts';
import { queueAlarms } from '../../template/queue-alarms.ts';
import { aFeed } from '../support/builders.ts';

const alarmsOf = (queues: readonly string[], alarmAfterMs: Configuration['queues']['alarmAfterMs'] = {}) =>
  Object.values(
    queueAlarms('breakaway-dev', {
      feeds: queues.map((queue) => aFeed({ batch: { queue } })),
      queues: { count: 'all', remindEveryMs: 1, alarmAfterMs },
    }),
  ).map(({ Properties }) => Properties);

describe('queueAlarms', () => {
  it('watches the age of the oldest job by status, and says what to check', () => {
    const [starting] = alarmsOf(['etl'], { STARTING: 1_800_000 });

    expect(starting).toMatchObject({
      AlarmName: 'breakaway-dev-etl-starting-too-long',
      Namespace: 'Breakaway',
      MetricName: 'OldestJobAge',
      Dimensions: [
        { Name: 'JobQueue', Value: 'etl' },
        { Name: 'JobStatus', Value: 'STARTING' },
      ],
      Statistic: 'Average',
      Threshold: 1_800,
      TreatMissingData: 'notBreaching',
    });
    expect(starting?.['AlarmDescription']).toMatch(
      /^The oldest STARTING job .* more than 30m\. The container of the job does not start/,
    );
  });

  it('watches jobs that can never run, in every queue', () => {
    expect(alarmsOf(['etl', 'adhoc', 'etl']).map(({ AlarmName }) => AlarmName)).toEqual([
      'breakaway-dev-adhoc-unplaceable-jobs',
      'breakaway-dev-etl-unplaceable-jobs',
    ]);
  });

  it('names a queue that is given as an ARN like its metrics', () => {
    const [alarm] = alarmsOf(['arn:aws:batch:eu-central-1:123456789012:job-queue/etl']);

    expect(alarm?.['Dimensions']).toEqual([{ Name: 'JobQueue', Value: 'etl' }]);
  });

  it('makes an alarm for each queue and status, for any name', () => {
    const configuration = { feeds: ['a-b', 'aB', 'a_b'].map((queue) => aFeed({ batch: { queue } })) };
    const alarmAfterMs = { RUNNABLE: 1_000_000, RUNNING: 1_000_000 };

    const alarms = queueAlarms('p', { ...configuration, queues: { count: 'all', remindEveryMs: 1, alarmAfterMs } });

    expect(Object.keys(alarms)).toHaveLength(9);
    expect(Object.keys(alarms).every((id) => /^[A-Za-z0-9]+$/.test(id))).toBe(true);
  });
});
