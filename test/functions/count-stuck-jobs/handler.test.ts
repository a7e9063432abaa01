import { readFile } from 'node:fs/promises';
import {
  BatchClient,
  DescribeComputeEnvironmentsCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  type JobQueueDetail,
  ListJobsCommand,
} from '@aws-sdk/client-batch';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeInstanceTypesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DynamoDBDocumentClient, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { COUNT_FOR_MS } from '../../../functions/count-stuck-jobs/count-jobs.ts';
import { batchError } from '../../support/batch-errors.ts';
import { aFeed } from '../../support/builders.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { conditionFailed } from '../../support/dynamo-errors.ts';
import { putMetrics } from '../../support/emitted-metrics.ts';
import { spelledOut } from '../../support/expressions.ts';
import { lambdaContext } from '../../support/lambda-context.ts';
import { mockAws } from '../../support/mock-aws.ts';

vi.hoisted(() => {
  Object.assign(process.env, {
    LEDGER_TABLE: 'breakaway-test-ledger',
    POWERTOOLS_SERVICE_NAME: 'count-stuck-jobs',
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});
let counted: 'all' | string[] = 'all';
vi.mock('breakaway:configuration', () => ({
  timeZone: 'Asia/Tokyo',
  feeds: [aFeed({ batch: { queue: 'etl', resources: { vcpus: 4, memoryMiB: 32_000 } } })],
  queues: {
    get count() {
      return counted;
    },
    remindEveryMs: 14_400_000,
  },
}));

const batch = mockAws(BatchClient);
const dynamo = mockAws(DynamoDBDocumentClient);
const cloudWatch = mockAws(CloudWatchClient);
const ec2 = mockAws(EC2Client);
const output = captureOutput();

const arn = (resource: string): string => `arn:aws:batch:ap-northeast-1:123456789012:${resource}`;

const queue = (name: string): JobQueueDetail => ({
  jobQueueName: name,
  jobQueueArn: arn(`job-queue/${name}`),
  state: 'ENABLED',
  status: 'VALID',
  priority: 1,
  computeEnvironmentOrder: [{ order: 1, computeEnvironment: arn('compute-environment/machines') }],
});

/** Batch with two queues, and a job in one of them. */
const scriptBatch = (): void => {
  batch.on(DescribeJobQueuesCommand).resolves({ jobQueues: [queue('etl'), queue('adhoc')] });
  batch.on(DescribeComputeEnvironmentsCommand).resolves({
    computeEnvironments: [
      {
        computeEnvironmentName: 'machines',
        computeEnvironmentArn: arn('compute-environment/machines'),
        ecsClusterArn: undefined,
        type: 'MANAGED',
        state: 'ENABLED',
        status: 'VALID',
        computeResources: { type: 'EC2', maxvCpus: 64, subnets: [], instanceTypes: ['r5.xlarge'] },
      },
    ],
  });
  batch.on(DescribeJobDefinitionsCommand).resolves({
    jobDefinitions: [
      {
        jobDefinitionName: 'import-sales',
        jobDefinitionArn: arn('job-definition/import-sales:7'),
        revision: 7,
        status: 'ACTIVE',
        type: 'container',
        containerProperties: { vcpus: 1, memory: 1024 },
      },
    ],
  });
  batch.on(DescribeJobsCommand).resolves({
    jobs: [
      {
        jobId: 'job-1',
        jobName: 'a-job',
        jobQueue: 'etl',
        status: 'RUNNABLE',
        startedAt: undefined,
        jobDefinition: arn('job-definition/import-sales:7'),
        container: { vcpus: 4, memory: 32_000 },
      },
    ],
  });
  batch.on(ListJobsCommand).resolves({ jobSummaryList: [] });
  batch.on(ListJobsCommand, { jobQueue: 'etl', jobStatus: 'RUNNABLE' }).callsFake(() => ({
    // The tick began a moment before.
    jobSummaryList: [{ jobId: 'job-1', jobName: 'a-job', createdAt: Date.now() - 90_400 }],
  }));
};

beforeEach(() => {
  counted = 'all';
  scriptBatch();
  cloudWatch.on(PutMetricDataCommand).resolves({});
  // Each test has a cold start of its own.
  vi.resetModules();
  dynamo.on(UpdateCommand).resolves({});
  dynamo.on(QueryCommand).resolves({ Items: [] });
  dynamo.on(PutCommand).resolves({});
  ec2.on(DescribeInstanceTypesCommand).resolves({
    InstanceTypes: [
      {
        InstanceType: 'r5.xlarge',
        VCpuInfo: { DefaultVCpus: 4 },
        MemoryInfo: { SizeInMiB: 32_768 },
        Hypervisor: 'nitro',
      },
    ],
  });
});

const invoke = async () => {
  const { handler } = await import('../../../functions/count-stuck-jobs/handler.ts');
  const event = JSON.parse(await readFile('events/count-stuck-jobs-schedule.json', 'utf8'));
  return handler(event, lambdaContext());
};

const put = () => cloudWatch.commandCalls(PutMetricDataCommand).flatMap(({ args: [{ input }] }) => putMetrics(input));
const published = (name: string, dimensions: object) =>
  put().find((metric) => metric.name === name && JSON.stringify(metric.dimensions) === JSON.stringify(dimensions))
    ?.value;

describe('handler', () => {
  it('counts, publishes, reports jobs that can never run, and returns the result', async () => {
    const result = await invoke();

    expect(result).toMatchObject({
      queues: [
        {
          queue: 'etl',
          stuckJobs: 1,
          jobs: { SUBMITTED: 0, PENDING: 0, RUNNABLE: 1, STARTING: 0, RUNNING: 0 },
          oldestAgeSeconds: { RUNNABLE: 90 },
          unplaceableJobs: 1,
        },
        { queue: 'adhoc', stuckJobs: 0, unplaceableJobs: 0 },
      ],
      queuesNotCounted: [],
      unplaceable: [
        { queue: 'etl', definition: 'import-sales:7', fix: 'request at most 31,400 MiB', jobs: 1, feeds: ['sales'] },
      ],
    });
    expect(put()).toHaveLength(2 * 12 + 1);
    expect(published('Jobs', { JobQueue: 'etl', JobStatus: 'RUNNABLE' })).toBe(1);
    expect(published('OldestJobAge', { JobQueue: 'etl', JobStatus: 'RUNNABLE' })).toBe(90);
    expect(published('StuckJobs', { JobQueue: 'adhoc' })).toBe(0);
    expect(published('QueuesNotCounted', {})).toBe(0);
    expect(output.logs()).toEqual([
      expect.objectContaining({
        level: 'WARN',
        message: 'Job can never run',
        queue: 'etl',
        memoryMiB: 32_000,
        reason: 'requests 32,000 MiB, the largest (r5.xlarge) offers about 31,431',
      }),
      expect.objectContaining({ message: 'Alert opened', kind: 'job-unplaceable' }),
      expect.objectContaining({ message: 'Jobs counted', queues: 2, stuckJobs: 1, unplaceableJobs: 1 }),
    ]);
    expect(dynamo.commandCalls(PutCommand).map(({ args }) => args[0].input.Item)).toEqual([
      expect.objectContaining({
        pk: 'ALERT#job-unplaceable#etl import-sales:7 4 vCPUs and 32,000 MiB',
        // As the configuration says.
        remindEveryMs: 14_400_000,
      }),
    ]);
  });

  it('names the queue that could not be counted, and rejects, so that an alarm rings', async () => {
    batch.on(ListJobsCommand, { jobQueue: 'etl' }).rejects(batchError(403, 'AccessDeniedException'));

    await expect(invoke()).rejects.toThrow('Count incomplete: 1 failures, 0 queues not found');

    expect(published('StuckJobs', { JobQueue: 'etl' })).toBeUndefined();
    expect(published('StuckJobs', { JobQueue: 'adhoc' })).toBe(0);
    expect(published('QueuesNotCounted', {})).toBe(1);
    expect(output.logs()).toContainEqual(
      expect.objectContaining({
        level: 'ERROR',
        message: 'Queue not counted',
        queue: 'etl',
        error: expect.objectContaining({ name: 'AccessDeniedException' }),
      }),
    );
  });

  it('does nothing while another tick is running', async () => {
    const until = new Date('2026-11-22T02:41:00.000Z');
    dynamo.on(UpdateCommand).rejects(conditionFailed({ leaseUntil: until.toISOString() }));

    expect(await invoke()).toEqual({ skippedUntil: until });
    expect(put()).toEqual([]);
    expect(output.logs()).toMatchObject([{ message: 'Tick skipped while another is running' }]);
  });

  it('names a queue of the configuration that is not there, and rejects', async () => {
    counted = ['adhoc', 'elt'];

    await expect(invoke()).rejects.toThrow('Count incomplete: 0 failures, 1 queues not found');

    expect(published('StuckJobs', { JobQueue: 'adhoc' })).toBe(0);
    expect(output.logs()).toContainEqual(
      expect.objectContaining({
        level: 'ERROR',
        message: 'Queues of the configuration not found',
        queuesNotCounted: ['elt'],
      }),
    );
  });

  it('names the queues that time ran out for, and says no more, since the next tick begins with them', async () => {
    const deadline = new AbortController();
    const realTimeout = AbortSignal.timeout;
    const timeout = vi
      .spyOn(AbortSignal, 'timeout')
      .mockImplementation((ms) => (ms === COUNT_FOR_MS ? deadline.signal : realTimeout.call(AbortSignal, ms)));
    batch.on(ListJobsCommand, { jobQueue: 'etl', jobStatus: 'RUNNING' }).callsFake(() => {
      deadline.abort();
      deadline.signal.throwIfAborted();
    });
    counted = ['etl'];

    const result = await invoke();
    timeout.mockRestore();

    expect(result).toMatchObject({ queues: [], queuesNotCounted: ['etl'] });
    expect(published('QueuesNotCounted', {})).toBe(1);
    expect(output.logs()).toContainEqual(
      expect.objectContaining({ level: 'WARN', message: 'Queues not counted in time', queuesNotCounted: ['etl'] }),
    );
    expect(spelledOut(dynamo.commandCalls(UpdateCommand).at(-1)?.args[0].input ?? {})).toMatchObject({
      update: 'SET first = ["etl"] REMOVE owner, leaseUntil',
    });
  });

  it('keeps the calls of Batch to twenty a second', async () => {
    const createPace = vi.fn((_perSecond: number) => async () => undefined);
    vi.doMock('../../../shared/pace.ts', () => ({ createPace }));

    await invoke();
    vi.doUnmock('../../../shared/pace.ts');

    expect(createPace.mock.calls.map(([perSecond]) => perSecond)).toEqual([20]);
  });
});
