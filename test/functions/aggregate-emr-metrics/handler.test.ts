import { readFile } from 'node:fs/promises';
import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  EMRClient,
  EMRServiceException,
  ListClustersCommand,
  ListInstanceGroupsCommand,
  ListInstancesCommand,
} from '@aws-sdk/client-emr';
import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { WINDOW_MS } from '../../../functions/aggregate-emr-metrics/windows.ts';
import type { Emr } from '../../../shared/clusters/emr-settings.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { putMetrics } from '../../support/emitted-metrics.ts';
import { anEmr } from '../../support/emr-builders.ts';
import { lambdaContext } from '../../support/lambda-context.ts';
import { mockAws } from '../../support/mock-aws.ts';

vi.hoisted(() => {
  Object.assign(process.env, {
    LEDGER_TABLE: 'breakaway-test-ledger',
    POWERTOOLS_SERVICE_NAME: 'aggregate-emr-metrics',
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});

const emr = mockAws(EMRClient);
const cloudWatch = mockAws(CloudWatchClient);
const dynamoDb = mockAws(DynamoDBDocumentClient);
const output = captureOutput();

const context = lambdaContext({ getRemainingTimeInMillis: () => 240_000 });
const event = JSON.parse(await readFile('events/aggregate-emr-metrics-schedule.json', 'utf8'));
const created = new Date(Date.now() - 3_600_000);

/** Starts the function anew, as in a cold start. */
const start = async (configured: Emr | undefined) => {
  vi.resetModules();
  vi.doMock('breakaway:configuration', () => ({ emr: configured }));
  const { handler } = await import('../../../functions/aggregate-emr-metrics/handler.ts');
  return () => handler(event, context);
};

const metrics = { clusterMetrics: ['ContainerAllocated'], nodeMetrics: ['CPUUtilization'] } as const;

beforeEach(() => {
  dynamoDb.on(GetCommand).resolves({});
  dynamoDb.on(BatchGetCommand).resolves({});
  dynamoDb.on(UpdateCommand).resolves({});
  dynamoDb.on(PutCommand).resolves({});
  emr
    .on(ListClustersCommand)
    .resolves({ Clusters: [] })
    .on(ListClustersCommand, { ClusterStates: ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING', 'TERMINATING'] })
    .resolves({ Clusters: [{ Id: 'j-1', Name: 'etl', Status: { Timeline: { CreationDateTime: created } } }] });
  emr.on(ListInstancesCommand).resolves({
    Instances: [{ Ec2InstanceId: 'i-1', InstanceGroupId: 'ig-1', Status: { Timeline: { CreationDateTime: created } } }],
  });
  emr.on(ListInstanceGroupsCommand).resolves({ InstanceGroups: [{ Id: 'ig-1', InstanceGroupType: 'MASTER' }] });
  cloudWatch.on(PutMetricDataCommand).resolves({});
  cloudWatch.on(GetMetricDataCommand).callsFake(({ MetricDataQueries, EndTime }) => ({
    MetricDataResults: MetricDataQueries.map(({ Id }: { Id: string }, index: number) => ({
      Id,
      Timestamps: [new Date(EndTime.getTime() - WINDOW_MS)],
      Values: [10 + index],
      StatusCode: 'Complete',
    })),
  }));
});

describe('the handler', () => {
  it('publishes the window that has closed, moves its watermark on, and counts it', async () => {
    const result = await (await start(anEmr({ metrics })))();

    const put = cloudWatch.commandCalls(PutMetricDataCommand).flatMap(({ args: [{ input }] }) => putMetrics(input));
    expect(put.map(({ name, dimensions, value }) => [name, dimensions['NodeRole'], value])).toEqual([
      ['LiveClusters', undefined, 1],
      ['ContainerAllocatedAverage', undefined, 10],
      ['ContainerAllocatedSum', undefined, 10],
      ['CPUUtilizationAverage', undefined, 11],
      ['CPUUtilizationAverage', 'primary', 11],
    ]);
    expect(dynamoDb.commandCalls(UpdateCommand).map(({ args: [{ input }] }) => input.Key)).toEqual(
      Array(2).fill({ pk: 'WATERMARK#aggregate-emr-metrics#etl', sk: 'WATERMARK' }),
    );
    expect(dynamoDb.commandCalls(PutCommand)).toHaveLength(1);
    expect(result).toMatchObject({ outcomes: [{ kind: 'published', name: 'etl', windows: 1, clusters: 1, nodes: 1 }] });
    expect(output.logs()).toMatchObject([
      { message: 'Metrics published', name: 'etl', windows: 1 },
      { message: 'Clusters aggregated', published: 1, failed: 0 },
    ]);
    expect(output.metrics()).toMatchObject([{ name: 'WindowsPublished', value: 1 }]);
  });

  it('remembers nodes from one tick to the next', async () => {
    const run = await start(anEmr({ metrics }));

    await run();
    await run();

    expect(emr.commandCalls(ListInstancesCommand)).toHaveLength(1);
  });

  it('makes no call when the configuration has no clusters', async () => {
    await expect((await start(undefined))()).resolves.toEqual({ outcomes: [] });

    expect([...emr.calls(), ...cloudWatch.calls(), ...dynamoDb.calls()]).toEqual([]);
  });

  it('logs omitted metrics with the reason', async () => {
    const Status = { Timeline: { CreationDateTime: created } };
    const Clusters = ['a', 'b'].map((Name) => ({ Id: `j-${Name}`, Name, Status }));
    emr.on(ListClustersCommand).resolvesOnce({ Clusters }).resolves({});
    const Instances = ['i-1', 'i-2'].map((Ec2InstanceId) => ({ Ec2InstanceId, InstanceGroupId: 'ig-1', Status }));
    emr.on(ListInstancesCommand).resolves({ Instances });
    const limits = { maxNames: 1, maxNodes: 0 };

    await (await start(anEmr({ clusters: [{ kind: 'pattern', pattern: '*' }], metrics: { ...metrics, ...limits } })))();

    expect(output.logs().filter(({ level }) => level === 'WARN')).toMatchObject([
      { message: 'Name omitted beyond maxNames', name: 'b', maxNames: 1 },
      { message: 'Metrics omitted beyond maxNodes', name: 'a', omitted: 'nodes' },
    ]);
    expect(output.metrics()).toContainEqual(expect.objectContaining({ name: 'ClustersOmitted', value: 2 }));
  });

  it('logs names that are equal in CloudWatch', async () => {
    const { dimensionValue } = await import('../../../shared/clusters/dimension-value.ts');
    const names = ['日', dimensionValue('日')];

    await (await start(anEmr({ clusters: names.map((name) => ({ kind: 'name', name }) as const), metrics })))();

    expect(output.logs()[0]).toMatchObject({
      level: 'WARN',
      message: 'Name omitted that equals another in CloudWatch',
      name: '日',
      kept: names[1],
    });
  });

  it('defers a name, without failing, when EMR is asked too much', async () => {
    emr.on(ListInstancesCommand).rejects(
      new EMRServiceException({
        name: 'ThrottlingException',
        message: 'Rate exceeded',
        $fault: 'client',
        $metadata: {},
      }),
    );

    await expect((await start(anEmr({ metrics })))()).resolves.toMatchObject({ outcomes: [{ kind: 'deferred' }] });

    expect(output.logs()[0]).toMatchObject({
      level: 'WARN',
      message: 'Name deferred to the next tick',
      name: 'etl',
      reason: 'EMR throttles ListInstances',
    });
    expect(output.metrics()).toMatchObject([{ name: 'ClustersDeferred', value: 1 }]);
  });

  it('rejects, so that an alarm sees it, when a name fails; and says so of each', async () => {
    cloudWatch.on(PutMetricDataCommand).rejects(new Error('no'));
    dynamoDb.on(PutCommand).rejects(new Error('full'));

    await expect((await start(anEmr({ metrics })))()).rejects.toThrow('2 of 2 outcomes are failures');

    expect(output.logs()).toMatchObject([
      { level: 'ERROR', message: 'Metrics not published', name: 'etl' },
      { level: 'ERROR', message: 'Roster not saved', error: { message: 'full' } },
      { message: 'Clusters aggregated', published: 0, failed: 2 },
      { message: 'Invocation failed' },
    ]);
  });

  it('logs windows that are lost for good', async () => {
    const old = new Date(Date.now() - 30 * 86_400_000).toISOString();
    dynamoDb.on(BatchGetCommand).resolves({
      Responses: {
        'breakaway-test-ledger': [{ pk: 'WATERMARK#aggregate-emr-metrics#etl', sk: 'WATERMARK', until: old }],
      },
    });

    await (await start(anEmr({ metrics })))();

    expect(output.logs()[0]).toMatchObject({
      level: 'ERROR',
      message: 'Windows omitted that are too old for CloudWatch',
      name: 'etl',
      from: old,
    });
  });
});
