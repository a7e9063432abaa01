import {
  CloudWatchLogsClient,
  CloudWatchLogsServiceException,
  GetLogEventsCommand,
  type GetLogEventsCommandOutput,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it } from 'vitest';
import { createJobLogs } from '../../../shared/aws/job-logs.ts';
import { mockAws } from '../../support/mock-aws.ts';

const logs = mockAws(CloudWatchLogsClient);

const signal = new AbortController().signal;
const place = { group: '/aws/batch/job', stream: 'import/default/1', region: 'eu-central-1' };

const pageOf = (lines: readonly string[], nextBackwardToken: string): Omit<GetLogEventsCommandOutput, '$metadata'> => ({
  events: lines.map((message, index) => ({ timestamp: 1_000 + index, message })),
  nextBackwardToken,
});

const textsOf = (lines: readonly { readonly text: string }[] | undefined) => lines?.map(({ text }) => text);

const inputs = () => logs.commandCalls(GetLogEventsCommand).map(({ args: [{ input }] }) => input);

describe('tail', () => {
  it('reads the last lines, the newest last', async () => {
    logs
      .on(GetLogEventsCommand)
      .resolvesOnce(pageOf(['one', 'two'], 'b/1'))
      .resolvesOnce(pageOf([], 'b/1'));

    const lines = await createJobLogs().tail(place, 2, signal);

    expect(lines).toEqual([
      { at: new Date(1_000), text: 'one' },
      { at: new Date(1_001), text: 'two' },
    ]);
    expect(inputs()).toEqual([{ logGroupName: '/aws/batch/job', logStreamName: 'import/default/1', limit: 2 }]);
  });

  it('goes back where a page is short or empty, until the token is repeated', async () => {
    logs
      .on(GetLogEventsCommand)
      .resolvesOnce(pageOf([], 'b/1'))
      .resolvesOnce(pageOf(['two', 'three'], 'b/2'))
      .resolvesOnce(pageOf(['one'], 'b/2'));

    const lines = await createJobLogs().tail(place, 10, signal);

    expect(textsOf(lines)).toEqual(['one', 'two', 'three']);
    expect(inputs().map(({ limit, nextToken }) => [limit, nextToken])).toEqual([
      [10, undefined],
      [10, 'b/1'],
      [8, 'b/2'],
    ]);
  });

  it('asks four times at most', async () => {
    let number = 0;
    logs.on(GetLogEventsCommand).callsFake(() => pageOf([], `b/${number++}`));

    expect(await createJobLogs().tail(place, 10, signal)).toEqual([]);
    expect(inputs()).toHaveLength(4);
  });

  it('finds no log that does not exist', async () => {
    logs.on(GetLogEventsCommand).rejects(new ResourceNotFoundException({ message: 'no stream', $metadata: {} }));

    expect(await createJobLogs().tail(place, 10, signal)).toBeUndefined();
  });

  it('rejects when it may not read', async () => {
    const error = new CloudWatchLogsServiceException({
      name: 'AccessDeniedException',
      message: 'not you',
      $fault: 'client',
      $metadata: {},
    });
    logs.on(GetLogEventsCommand).rejects(error);

    await expect(createJobLogs().tail(place, 10, signal)).rejects.toBe(error);
  });

  it('asks in the Region of the log, by one client for each Region', async () => {
    logs.on(GetLogEventsCommand).resolves({});
    const jobLogs = createJobLogs();

    for (const region of ['us-west-2', 'eu-central-1', 'us-west-2']) {
      await jobLogs.tail({ ...place, region }, 5, signal);
    }

    const clients = logs.send.getCalls().map(({ thisValue }) => thisValue as CloudWatchLogsClient);
    const regions = await Promise.all(clients.map((client) => client.config.region()));
    expect(regions).toEqual(['us-west-2', 'eu-central-1', 'us-west-2']);
    expect(new Set(clients).size).toBe(2);
  });
});

describe('latest', () => {
  it('reads the newest lines in one request', async () => {
    logs.on(GetLogEventsCommand).resolves(pageOf(['one'], 'b/1'));

    const lines = await createJobLogs().latest(place, new Date(500), signal);

    expect(textsOf(lines)).toEqual(['one']);
    expect(inputs()).toEqual([
      { logGroupName: '/aws/batch/job', logStreamName: 'import/default/1', limit: 1_000, startTime: 500 },
    ]);
  });

  it('takes an answer without lines for an empty log, and an event without a message for an empty line', async () => {
    logs
      .on(GetLogEventsCommand)
      .resolvesOnce({})
      .resolvesOnce({ events: [{}] });
    const jobLogs = createJobLogs();

    expect(await jobLogs.latest(place, undefined, signal)).toEqual([]);
    expect(await jobLogs.latest(place, undefined, signal)).toEqual([{ at: new Date(0), text: '' }]);
  });
});
