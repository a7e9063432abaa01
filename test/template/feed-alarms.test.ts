import { describe, expect, it } from 'vitest';
import { feedAlarms } from '../../template/feed-alarms.ts';
import { aFeed } from '../support/builders.ts';

describe('feedAlarms', () => {
  it('watches late runs, over all feeds', () => {
    const due = { kind: 'offset', ms: 1 } as const;

    const { LateRunsAlarm } = feedAlarms('breakaway-dev', [aFeed(), aFeed({ due })]);

    expect(LateRunsAlarm?.Properties).toMatchObject({
      AlarmName: 'breakaway-dev-late-runs',
      MetricName: 'LateRuns',
      Statistic: 'Average',
      Threshold: 0,
    });
    expect(LateRunsAlarm?.Properties).not.toHaveProperty('Dimensions');
  });

  it('makes no alarm without a due feed', () => {
    expect(feedAlarms('breakaway-dev', [aFeed()])).toEqual({});
  });
});
