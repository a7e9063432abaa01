import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { EMRClient, ListInstancesCommand, RunJobFlowCommand, TerminateJobFlowsCommand } from '@aws-sdk/client-emr';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { createAggregateClusters } from '../../functions/aggregate-emr-metrics/aggregate-clusters.ts';
import { createFindClusters } from '../../functions/aggregate-emr-metrics/find-clusters.ts';
import { createReadNodes } from '../../functions/aggregate-emr-metrics/read-nodes.ts';
import { newestEnd, plusWindows, WINDOW_MS, windowOf } from '../../functions/aggregate-emr-metrics/windows.ts';
import { clientSettings } from '../../local/local-aws.ts';
import { LEDGER_TABLE, STACK } from '../../local/stack-names.ts';
import { createClusterProgress } from '../../shared/aws/cluster-progress.ts';
import { createEmr } from '../../shared/aws/emr.ts';
import { createMetricData } from '../../shared/aws/metric-data.ts';
import { createMetricReading } from '../../shared/aws/metric-reading.ts';
import type { ClusterProgress } from '../../shared/clusters/progress.ts';
import { anEmr } from '../support/emr-builders.ts';

const { endpoint, batchEndpoint, environment } = inject('localAws');
const { signal } = new AbortController();

const emr = new EMRClient(clientSettings(batchEndpoint));
const cloudWatch = new CloudWatchClient(clientSettings(endpoint));

const NAME = `nightly-${randomUUID()}`;
const EMR = anEmr({
  clusters: [{ kind: 'pattern', pattern: `${NAME}-*`, name: NAME }],
  metrics: { clusterMetrics: ['ContainerAllocated', 'HDFSUtilization'], nodeMetrics: ['CPUUtilization', 'NetworkIn'] },
});

type Dimensions = Readonly<Record<string, string>>;

const listOf = (dimensions: Dimensions) => Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));

/** Reports a value as EMR or EC2 would. */
const report = (namespace: string, metric: string, dimensions: Dimensions, at: Date, value: number) =>
  cloudWatch.send(
    new PutMetricDataCommand({
      Namespace: namespace,
      MetricData: [{ MetricName: metric, Dimensions: listOf(dimensions), Timestamp: at, Value: value }],
    }),
  );

/** Reads what was published, with the statistic Average, as a graph does. */
const readBack = async (metric: string, dimensions: Dimensions, window: Date): Promise<number | undefined> => {
  const { MetricDataResults: results = [] } = await cloudWatch.send(
    new GetMetricDataCommand({
      StartTime: window,
      EndTime: plusWindows(window, 1),
      MetricDataQueries: [
        {
          Id: 'q',
          MetricStat: {
            Metric: { Namespace: 'Breakaway/EMR', MetricName: metric, Dimensions: listOf(dimensions) },
            Period: WINDOW_MS / 1_000,
            Stat: 'Average',
          },
        },
      ],
    }),
  );
  return results[0]?.Values?.[0];
};

const startCluster = async (name: string): Promise<string> => {
  const { JobFlowId: id = '' } = await emr.send(
    new RunJobFlowCommand({
      Name: name,
      ReleaseLabel: 'emr-7.0.0',
      Instances: {
        KeepJobFlowAliveWhenNoSteps: true,
        InstanceGroups: [
          { InstanceRole: 'MASTER', InstanceType: 'm5.xlarge', InstanceCount: 1 },
          { InstanceRole: 'CORE', InstanceType: 'm5.xlarge', InstanceCount: 2 },
        ],
      },
    }),
  );
  return id;
};

const nodesOf = async (clusterId: string, role: 'MASTER' | 'CORE'): Promise<string[]> => {
  const { Instances: instances = [] } = await emr.send(
    new ListInstancesCommand({ ClusterId: clusterId, InstanceGroupTypes: [role] }),
  );
  return instances.map(({ Ec2InstanceId: id = '' }) => id);
};

/** One execution environment of the function, on a clock that is ahead, so that nobody has to wait for windows to close. */
const tickAt = async (now: Date, progress: ClusterProgress) => {
  const directory = createEmr({ admit: async () => undefined, close: () => undefined });
  const { read, listAgentSeries } = createMetricReading();
  const tick = createAggregateClusters(
    {
      findClusters: createFindClusters({ directory, progress }, EMR.clusters),
      readNodes: createReadNodes({ directory, listAgentSeries, now: () => now }, []),
      readMetrics: read,
      publish: createMetricData().publish,
      progress,
      now: () => now,
    },
    EMR,
  );
  return tick(signal);
};

beforeAll(async () => {
  for (const [name, value] of Object.entries(environment)) {
    vi.stubEnv(name, value);
  }
  // All of it happens within one window and the next, whatever the time.
  const left = WINDOW_MS - (Date.now() % WINDOW_MS);
  if (left < 60_000) {
    await sleep(left + 1_000);
  }
});
afterAll(() => {
  vi.unstubAllEnvs();
});

describe('aggregate-emr-metrics', () => {
  it('publishes two clusters of one name as one series, across the end of one, and however often it runs', async () => {
    const [blue, green] = [await startCluster(`${NAME}-1`), await startCluster(`${NAME}-2`)];
    const stranger = await startCluster(`other-${NAME}`);
    const first = windowOf(new Date());
    const second = plusWindows(first, 1);

    for (const [id, containers, used] of [
      [blue, 10, 90],
      [green, 30, 60],
      [stranger, 1_000, 1],
    ] as const) {
      for (const at of [first, second]) {
        await report('AWS/ElasticMapReduce', 'ContainerAllocated', { JobFlowId: id }, at, containers);
        await report('AWS/ElasticMapReduce', 'HDFSUtilization', { JobFlowId: id }, at, used);
      }
    }
    const primaries = [...(await nodesOf(blue, 'MASTER')), ...(await nodesOf(green, 'MASTER'))];
    const cores = [...(await nodesOf(blue, 'CORE')), ...(await nodesOf(green, 'CORE'))];
    expect([primaries.length, cores.length]).toEqual([2, 4]);
    for (const [index, InstanceId] of [...primaries, ...cores].entries()) {
      await report('AWS/EC2', 'CPUUtilization', { InstanceId }, first, 10 * index);
      // The last core node says nothing of its network.
      if (index < 5) {
        await report('AWS/EC2', 'NetworkIn', { InstanceId }, first, 100);
      }
    }

    const progress = createClusterProgress({ tableName: LEDGER_TABLE });
    const soon = new Date(second.getTime() + 11 * 60_000);
    await expect(tickAt(soon, progress)).resolves.toMatchObject([
      { kind: 'published', name: NAME, from: first, to: second, clusters: 2, nodes: 6 },
    ]);
    // As if the watermark had been lost, and twice at the same time.
    const forgetful = { ...progress, readWatermarks: async () => new Map([[NAME, first]]) };
    await Promise.all([tickAt(soon, forgetful), tickAt(soon, forgetful)]);

    const all = { ClusterName: NAME };
    const ofRole = (NodeRole: string) => ({ ClusterName: NAME, NodeRole });
    const read = async (metric: string, dimensions: Dimensions) => readBack(metric, dimensions, first);
    expect({
      live: await read('LiveClusters', all),
      containers: [await read('ContainerAllocatedAverage', all), await read('ContainerAllocatedSum', all)],
      used: await read('HDFSUtilizationAverage', all),
      cpu: await read('CPUUtilizationAverage', all),
      cpuOfPrimaries: await read('CPUUtilizationAverage', ofRole('primary')),
      cpuOfCores: await read('CPUUtilizationAverage', ofRole('core')),
      network: [await read('NetworkInAverage', all), await read('NetworkInSum', all)],
      networkOfCores: await read('NetworkInSum', ofRole('core')),
      tasks: await read('CPUUtilizationAverage', ofRole('task')),
    }).toEqual({
      live: 2,
      containers: [20, 40],
      used: 75,
      cpu: 25,
      cpuOfPrimaries: 5,
      cpuOfCores: 35,
      network: [100, 500],
      networkOfCores: 300,
      tasks: undefined,
    });

    await emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [blue] }));
    await expect(tickAt(new Date(soon.getTime() + WINDOW_MS), progress)).resolves.toMatchObject([
      { kind: 'published', from: second, clusters: 1, nodes: 3 },
    ]);
    expect(await readBack('LiveClusters', all, second)).toBe(1);
    expect(await readBack('ContainerAllocatedSum', all, second)).toBe(30);
  });

  it('runs as it is deployed, and tells that the name of the configuration has no cluster', async () => {
    const { FunctionError: error } = await new LambdaClient(clientSettings(endpoint)).send(
      new InvokeCommand({ FunctionName: `${STACK}-aggregate-emr-metrics`, Payload: '{}' }),
    );

    expect(error).toBeUndefined();
    // The clock may have started it before.
    const window = plusWindows(newestEnd(new Date(), 10), -1);
    expect(await readBack('LiveClusters', { ClusterName: 'recommendation' }, window)).toBe(0);
  });
});
