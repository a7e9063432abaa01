import { describe, expect, it } from 'vitest';
import { jobLink, logLink } from '../../../functions/notify-failure/console-links.ts';
import type { JobShape } from '../../../shared/jobs/job.ts';

const location = { partition: 'aws', region: 'ap-northeast-1' };

describe('jobLink', () => {
  it.each<[JobShape, string, string]>([
    ['container', 'a', '#jobs/detail/a'],
    ['array child', 'a:5', '#jobs/detail/a:5'],
    ['array', 'a', '#jobs/array-job/a'],
    ['nodes', 'a', '#jobs/mnp-job/a'],
    ['node', 'a#1', '#jobs/mnp-job/a'],
    ['unknown', 'a', '#jobs'],
  ])('opens the page of a job of the shape %s', (shape, id, page) => {
    expect(jobLink({ id, shape, location })).toBe(
      `https://ap-northeast-1.console.aws.amazon.com/batch/home?region=ap-northeast-1${page}`,
    );
  });

  it.each([
    ['aws-cn', 'cn-north-1', 'https://cn-north-1.console.amazonaws.cn/'],
    ['aws-us-gov', 'us-gov-west-1', 'https://us-gov-west-1.console.amazonaws-us-gov.com/'],
  ])('opens the console of the partition %s', (partition, region, start) => {
    expect(jobLink({ id: 'a', shape: 'container', location: { partition, region } })).toMatch(new RegExp(`^${start}`));
  });
});

describe('logLink', () => {
  it("escapes group and stream as the console does, and goes to the log's own region", () => {
    const log = { group: '/aws/batch/job', stream: 'import sales/default/1', region: 'us-west-2' };

    expect(logLink(log, location)).toBe(
      'https://us-west-2.console.aws.amazon.com/cloudwatch/home?region=us-west-2#logsV2:log-groups/log-group/$252Faws$252Fbatch$252Fjob/log-events/import$2520sales$252Fdefault$252F1',
    );
  });
});
