import { randomUUID } from 'node:crypto';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DeleteMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { clientSettings } from '../../local/local-aws.ts';
import { STACK } from '../../local/stack-names.ts';
import {
  changeSetting,
  invoke,
  type Listener,
  letReach,
  listen,
  putEvent,
  type SentNotification,
  submitJob,
  withContainer,
  withoutDelay,
  writeLog,
} from './batch-jobs.ts';
import {
  eventually,
  logLines,
  messagesIn,
  queueUrl,
  receive,
  setVisibilityTimeout,
  sqs,
  visibilityTimeout,
} from './deployed.ts';

const FUNCTION = `${STACK}-notify-failure`;
const FAILURES = `${STACK}-job-failures`;
const FAILURE_QUEUE = `${FAILURES}-failed`;
const CASCADES = `${STACK}-job-cascades`;

const cloudWatch = new CloudWatchClient(clientSettings(inject('localAws').endpoint));

let mailbox: Listener;
let delay: Awaited<ReturnType<typeof withoutDelay>>;

// The tests need not wait for lines that are there already.
beforeAll(async () => {
  mailbox = await listen();
  delay = await withoutDelay(FAILURES);
});
afterAll(async () => {
  await delay?.restore();
  await mailbox?.stop();
});

const toldOf = async (text: string): Promise<SentNotification[]> =>
  (await mailbox.told()).filter(({ body }) => body.includes(text));

const eventuallyTold = (text: string, count = 1): Promise<SentNotification[]> =>
  eventually(async () => {
    const messages = await toldOf(text);
    expect(messages).toHaveLength(count);
    return messages;
  });

/** Does what `start-message-move-task` does, which the local AWS does not know. */
const redrive = async (from: string, to: string): Promise<void> => {
  for (const { Body, ReceiptHandle } of await receive(from)) {
    await sqs.send(new SendMessageCommand({ QueueUrl: to, MessageBody: Body }));
    await sqs.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle }));
  }
};

const unwrapped = (body = ''): string => body.replaceAll('\n', ' ');

describe('a deployed notify-failure', () => {
  it('tells once of a job that failed: what, where, why, the end of its log, and no secret', async () => {
    const secret = `k-${randomUUID()}`;
    const job = await submitJob('recommendation-adhoc', { API_KEY: secret });
    const { jobId = '', jobName = '', jobDefinition = '' } = job;
    const stream = `nightly/default/${randomUUID()}`;
    await writeLog(stream, [
      ...Array.from({ length: 100 }, (_, line) => `line ${line}`),
      `calling the shop with ${secret}`,
      'retrying with password=tr0ub4dor',
      'ValueError: expected 14 columns, found 13',
    ]);
    const failed = withContainer(await letReach(jobId, 'FAILED'), 1, stream);

    expect(await putEvent(failed)).toEqual([FAILURES]);
    const [told] = await eventuallyTold(jobName);
    await putEvent(failed);
    await eventually(async () => {
      const lines = await logLines(FUNCTION);
      expect(
        lines.filter((line) => line['message'] === 'Failure already known' && line['jobId'] === jobId),
      ).toHaveLength(1);
    });

    expect(await toldOf(jobName)).toHaveLength(1);
    expect(told?.subject).toBe(`[local] ${jobName}: exit code 1`);
    expect(told?.attributes).toEqual({ kind: 'job-failed', severity: 'error', queue: 'recommendation-adhoc' });
    expect(told?.body).toContain(`Definition: ${jobDefinition.replace(/^.*\//, '')}`);
    expect(told?.body).toContain(`#jobs/detail/${jobId}`);
    expect(told?.body).toContain(stream.replaceAll('/', '$252F'));
    expect(told?.body).toMatch(
      /line 99\ncalling the shop with \*{3}\nretrying with password=\*{3}\nValueError: expected 14 columns, found 13$/,
    );
    for (const hidden of [secret, 'tr0ub4dor', 'in-the-command', 'line 80\n']) {
      expect(told?.body).not.toContain(hidden);
    }
  });

  it('counts the jobs that fell with one in its message, and tells nothing of them', async () => {
    const root = await submitJob('recommendation-adhoc');
    const dependents = [
      await submitJob('recommendation-adhoc', {}, [root.jobId ?? '']),
      await submitJob('recommendation-adhoc', {}, [root.jobId ?? '']),
    ];
    const [first, second] = [
      await letReach(dependents[0]?.jobId ?? '', 'FAILED'),
      await letReach(dependents[1]?.jobId ?? '', 'FAILED'),
    ];
    for (const fallen of [first, second]) {
      const queues = await putEvent({ ...fallen, statusReason: 'Dependent Job failed' });
      expect(queues.toSorted()).toEqual([CASCADES, FAILURES]);
    }
    await eventually(async () => {
      const lines = await logLines(FUNCTION);
      const noted = lines.filter((line) => line['message'] === 'Failures folded' && line['key'] === root.jobId);
      expect(noted.reduce((sum, line) => sum + Number(line['count']), 0)).toBe(2);
    });

    await putEvent(withContainer(await letReach(root.jobId ?? '', 'FAILED'), 2, `nightly/default/${randomUUID()}`));

    const [told] = await eventuallyTold(root.jobName ?? '');
    expect(unwrapped(told?.body)).toContain('Failed with it: 2 dependent job');
    expect(told?.body).toContain('The log was deleted, or nothing was written to it.');
    expect(await toldOf(first.jobName ?? '')).toEqual([]);
  });

  it('tells that a queue is blocked, and the suite that it is no longer', async () => {
    const { jobId = '', jobName = '' } = await submitJob('recommendation-adhoc');
    const blocking = await letReach(jobId, 'RUNNABLE');
    const statusReason = 'UNDETERMINED - Batch job is blocked, root cause is undetermined.';

    await putEvent({ ...blocking, statusReason }, 'Batch Job Queue Blocked');
    const [told] = await eventuallyTold(jobName);
    await letReach(jobId, 'FAILED');
    await invoke(`${STACK}-count-stuck-jobs`);
    await invoke(`${STACK}-check-arrivals`);

    expect(told?.subject).toBe('[local] Queue recommendation-adhoc is blocked: AWS Batch does not know why');
    expect(unwrapped(told?.body)).toContain('autoscaling:DescribeScalingActivities');
    const [closed] = await eventuallyTold(`The job ${jobId} that blocked it is now FAILED.`);
    expect(closed?.attributes).toEqual({ kind: 'queue-unblocked', severity: 'info', queue: 'recommendation-adhoc' });
  });
});

it('waits a minute for the last lines of a log', () => {
  expect(delay.seconds).toBe(60);
});

describe('a failure that cannot be told', () => {
  let restore: () => Promise<void> = async () => undefined;

  afterEach(() => restore());

  it('ends in the failure queue after its tries, and is told when that is replayed', async () => {
    const [queue, failureQueue] = [await queueUrl(FAILURES), await queueUrl(FAILURE_QUEUE)];
    const before = await visibilityTimeout(queue);
    const { jobId = '', jobName = '' } = await submitJob('recommendation-adhoc');
    const failed = withContainer(await letReach(jobId, 'FAILED'), 137, `nightly/default/${randomUUID()}`);
    // Five tries at the deployed timeout would take half an hour.
    await setVisibilityTimeout(queue, 3);
    const mend = await changeSetting(FUNCTION, 'LEDGER_TABLE', 'no-such-table');
    restore = async () => {
      await mend();
      await setVisibilityTimeout(queue, before);
    };

    await putEvent(failed);
    await eventually(async () => expect(await messagesIn(failureQueue)).toBe(1), 120_000);
    const untold = await toldOf(jobName);
    await restore();
    await redrive(failureQueue, queue);

    expect(untold).toEqual([]);
    const [told] = await eventuallyTold(jobName);
    expect(told?.subject).toBe(`[local] ${jobName}: killed (exit code 137)`);
    expect(await messagesIn(failureQueue)).toBe(0);
  });

  it.each([FAILURE_QUEUE, `${CASCADES}-failed`])('has an alarm that rings when it waits in %s', async (queue) => {
    const { MetricAlarms: alarms = [] } = await cloudWatch.send(
      new DescribeAlarmsCommand({ AlarmNames: [`${queue}-not-empty`] }),
    );

    expect(alarms).toMatchObject([
      {
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: queue }],
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 0,
        AlarmActions: [expect.stringMatching(new RegExp(`:${STACK}-alerts$`))],
      },
    ]);
  });
});
