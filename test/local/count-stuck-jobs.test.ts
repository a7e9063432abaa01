import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DescribeJobsCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch';
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { CreateTableCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientSettings, type LocalAws, REGION, ROOT, startLocalAws } from '../../local/local-aws.ts';
import { makeComputeSurroundings } from '../../local/moto.ts';
import { LEDGER_TABLE } from '../../local/stack-names.ts';

const run = promisify(execFile);

/** One of its own: the statuses of all jobs in Moto are held together. */
let aws: LocalAws;
let batch: BatchClient;
let folder: string;

const BUSY = `busy-${randomUUID()}`;
const OTHER = `other-${randomUUID()}`;
const EMPTY = `empty-${randomUUID()}`;

/** A feed that submits to a queue without jobs, before any file has come. */
const CONFIGURATION = `
  export default {
    timeZone: 'Asia/Tokyo',
    feeds: [
      {
        name: 'sales',
        slots: { orders: { files: 's3://landing/sales/{date:yyyyMMdd}/orders.tsv.gz' } },
        job: { batch: { queue: '${EMPTY}', definition: 'import-sales' } },
      },
    ],
  };
`;

const FOREVER_SECONDS = 1_000_000_000;
const STEP_SECONDS = 3;

/** Sets for how long every job stays in each status. */
const setTransition = async (seconds: number): Promise<void> => {
  const answer = await fetch(`${aws.batchEndpoint}/moto-api/state-manager/set-transition`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model_name: 'batch::job', transition: { progression: 'time', seconds } }),
  });
  expect(answer.ok).toBe(true);
};

const submit = async (queue: string, jobDefinition: string, count: number): Promise<string[]> => {
  const ids: string[] = [];
  for (let job = 0; job < count; job += 1) {
    const { jobId = '' } = await batch.send(new SubmitJobCommand({ jobName: 'job', jobQueue: queue, jobDefinition }));
    ids.push(jobId);
  }
  return ids;
};

const reached = async (jobs: readonly string[], status: string): Promise<void> => {
  for (let tried = 0; tried < 200; tried += 1) {
    const { jobs: described = [] } = await batch.send(new DescribeJobsCommand({ jobs: [...jobs] }));
    if (described.every((job) => job.status === status)) return;
    await sleep(50);
  }
  throw new Error(`The jobs did not become ${status}`);
};

/** Submits waves that follow one another through the statuses, and stops all of them where the first is STARTING. */
const holdJobs = async (): Promise<void> => {
  await setTransition(STEP_SECONDS);
  const first = [...(await submit(BUSY, 'small', 4)), ...(await submit(OTHER, 'small', 1))];
  await reached(first, 'PENDING');
  await submit(BUSY, 'large', 3);
  await submit(BUSY, 'small', 2);
  await reached(first, 'RUNNABLE');
  const third = [...(await submit(BUSY, 'small', 2)), ...(await submit(OTHER, 'small', 3))];
  await reached(first, 'STARTING');
  await reached(third, 'PENDING');
  await submit(BUSY, 'small', 1);
  await setTransition(FOREVER_SECONDS);
};

const makeLedger = (client: DynamoDBClient) =>
  client.send(
    new CreateTableCommand({
      TableName: LEDGER_TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'candidate', 'candidateAt'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'candidates',
          KeySchema: [
            { AttributeName: 'candidate', KeyType: 'HASH' },
            { AttributeName: 'candidateAt', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  );

const makeBatch = async (): Promise<void> => {
  const { serviceRole, instanceRole, subnets, securityGroups } = await makeComputeSurroundings(
    aws.batchEndpoint,
    REGION,
  );
  await batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: 'machines',
      type: 'MANAGED',
      state: 'ENABLED',
      serviceRole,
      computeResources: {
        type: 'EC2',
        allocationStrategy: 'BEST_FIT_PROGRESSIVE',
        minvCpus: 0,
        maxvCpus: 64,
        instanceTypes: ['r5.xlarge', 'm5.xlarge'],
        instanceRole,
        subnets: [...subnets],
        securityGroupIds: [...securityGroups],
      },
    }),
  );
  for (const jobQueueName of [BUSY, OTHER, EMPTY]) {
    await batch.send(
      new CreateJobQueueCommand({
        jobQueueName,
        state: 'ENABLED',
        priority: 1,
        computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'machines' }],
      }),
    );
  }
  for (const [jobDefinitionName, memory] of [
    ['small', '1024'],
    ['large', '32000'],
    ['import-sales', '32000'],
  ] as const) {
    await batch.send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName,
        type: 'container',
        containerProperties: {
          image: 'public.ecr.aws/docker/library/busybox:stable',
          command: ['true'],
          resourceRequirements: [
            { type: 'VCPU', value: '4' },
            { type: 'MEMORY', value: memory },
          ],
        },
      }),
    );
  }
};

/** Calls the command that README.md names, as a shell with `.local/env.sh` does. */
const invokeLocal = async () => {
  const { stdout } = await run(
    'node_modules/.bin/serverless',
    ['invoke', 'local', '-f', 'countStuckJobs', '-p', 'events/count-stuck-jobs-schedule.json'],
    {
      cwd: ROOT,
      env: {
        ...aws.environment,
        BREAKAWAY_CONFIG: join(folder, 'feeds.config.ts'),
        HOME: '/nowhere',
        PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      },
      timeout: 120_000,
    },
  );
  // What it returns is printed at the end, indented; its log lines are not.
  return JSON.parse(stdout.slice(stdout.search(/^\{$/m)));
};

const readBack = async (MetricName: string, dimensions: Record<string, string>): Promise<number | undefined> => {
  const cloudWatch = new CloudWatchClient(clientSettings(aws.endpoint));
  const { Datapoints: points = [] } = await cloudWatch.send(
    new GetMetricStatisticsCommand({
      Namespace: 'Breakaway',
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(Date.now() - 3_600_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 3600 * 2,
      Statistics: ['Maximum'],
    }),
  );
  return points[0]?.Maximum;
};

const isAlertOpen = async (subject: string): Promise<boolean> => {
  const { Item: item } = await new DynamoDBClient(clientSettings(aws.endpoint)).send(
    new GetItemCommand({
      TableName: LEDGER_TABLE,
      Key: { pk: { S: `ALERT#job-unplaceable#${subject}` }, sk: { S: 'ALERT' } },
      ConsistentRead: true,
    }),
  );
  return item !== undefined && item['closedAt'] === undefined;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakaway-count-'));
  await writeFile(join(folder, 'feeds.config.ts'), CONFIGURATION);
  aws = await startLocalAws({ name: 'count-stuck-jobs', say: () => undefined });
  batch = new BatchClient(clientSettings(aws.batchEndpoint));
  await makeLedger(new DynamoDBClient(clientSettings(aws.endpoint)));
  await makeBatch();
  await holdJobs();
});
afterAll(async () => {
  await aws?.stop();
  await rm(folder, { recursive: true });
});

describe('count-stuck-jobs', () => {
  it('counts what Batch holds, judges it, publishes it, and prints it', async () => {
    const printed = await invokeLocal();

    const found = Object.fromEntries(
      printed.queues.map(({ queue, stuckJobs, jobs, unplaceableJobs }: Record<string, unknown>) => [
        queue,
        { stuckJobs, jobs, unplaceableJobs },
      ]),
    );
    const none = { SUBMITTED: 0, PENDING: 0, RUNNABLE: 0, STARTING: 0, RUNNING: 0 };
    expect(found).toMatchObject({
      [BUSY]: {
        stuckJobs: 12,
        jobs: { SUBMITTED: 1, PENDING: 2, RUNNABLE: 5, STARTING: 4, RUNNING: 0 },
        unplaceableJobs: 3,
      },
      [OTHER]: { stuckJobs: 4, jobs: { ...none, PENDING: 3, STARTING: 1 }, unplaceableJobs: 0 },
      [EMPTY]: { stuckJobs: 0, jobs: none, unplaceableJobs: 0 },
    });
    expect(printed.queuesNotCounted).toEqual([]);
    expect(printed.unplaceable).toEqual([
      {
        queue: EMPTY,
        definition: 'import-sales:1',
        reason: 'requests 32,000 MiB, the largest (r5.xlarge) offers about 31,431',
        fix: 'request at most 31,400 MiB',
        jobs: 0,
        feeds: ['sales'],
      },
      expect.objectContaining({
        queue: BUSY,
        definition: 'large:1',
        fix: 'request at most 31,400 MiB',
        jobs: 3,
        feeds: [],
      }),
    ]);

    expect({
      stuck: await readBack('StuckJobs', { JobQueue: BUSY }),
      runnable: await readBack('Jobs', { JobQueue: BUSY, JobStatus: 'RUNNABLE' }),
      starting: await readBack('Jobs', { JobQueue: OTHER, JobStatus: 'STARTING' }),
      running: await readBack('Jobs', { JobQueue: OTHER, JobStatus: 'RUNNING' }),
      unplaceable: await readBack('UnplaceableJobs', { JobQueue: BUSY }),
      empty: await readBack('StuckJobs', { JobQueue: EMPTY }),
      emptyAge: await readBack('OldestJobAge', { JobQueue: EMPTY, JobStatus: 'RUNNABLE' }),
      notCounted: await readBack('QueuesNotCounted', {}),
    }).toEqual({
      stuck: 12,
      runnable: 5,
      starting: 1,
      running: 0,
      unplaceable: 3,
      empty: 0,
      emptyAge: 0,
      notCounted: 0,
    });
    expect(await readBack('OldestJobAge', { JobQueue: BUSY, JobStatus: 'RUNNABLE' })).toBeGreaterThan(0);
    expect(await isAlertOpen(`${BUSY} large:1 4 vCPUs and 32,000 MiB`)).toBe(true);
    expect(await isAlertOpen(`${EMPTY} import-sales:1 4 vCPUs and 32,000 MiB`)).toBe(true);
  });

  it('measures STARTING from the tick before, and closes an alert once a feed asks for what there is', async () => {
    await batch.send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName: 'import-sales',
        type: 'container',
        containerProperties: { image: 'busybox', vcpus: 4, memory: 31_400 },
      }),
    );

    const { queues, unplaceable } = await invokeLocal();

    const busy = queues.find(({ queue }: { queue: string }) => queue === BUSY);
    expect(busy.oldestAgeSeconds.STARTING).toBeGreaterThan(0);
    expect(unplaceable.map(({ queue }: { queue: string }) => queue)).toEqual([BUSY]);
    expect(await isAlertOpen(`${EMPTY} import-sales:1 4 vCPUs and 32,000 MiB`)).toBe(false);
    expect(await isAlertOpen(`${BUSY} large:1 4 vCPUs and 32,000 MiB`)).toBe(true);
  });
});
