import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome } from '../../../functions/aggregate-emr-metrics/outcome.ts';
import { dimensionValue } from '../../../shared/clusters/dimension-value.ts';
import type { Emr } from '../../../shared/clusters/emr-settings.ts';
import { DAY_MS, MINUTE_MS } from '../../../shared/durations.ts';
import { anEmr, at } from '../../support/emr-builders.ts';
import { createTicks } from '../../support/emr-ticks.ts';
import { createEmrWorld, type WorldCluster, type WorldNode } from '../../support/emr-world.ts';
import { createMemoryClusterProgress, type MemoryClusterProgress } from '../../support/memory-cluster-progress.ts';
import { useStub } from '../../support/use-stub.ts';

const world = useStub(createEmrWorld(), ['EMR', 'CLOUDWATCH']);
let progress: MemoryClusterProgress;

beforeEach(() => {
  progress = createMemoryClusterProgress();
});
afterEach(() => {
  world.reset();
});

const later = (time: Date, minutes: number): Date => new Date(time.getTime() + minutes * MINUTE_MS);

const ticksOf = (emr: Emr) => createTicks(world, progress, emr);

/** Ticks every five minutes, from the first time to the last. */
const tickFrom = async (first: Date, last: Date, emr: Emr): Promise<Outcome[]> => {
  const { tick } = ticksOf(emr);
  const outcomes: Outcome[] = [];
  for (let time = first; time <= last; time = later(time, 5)) {
    outcomes.push(...(await tick(time)));
  }
  return outcomes;
};

/** A cluster with its nodes, each of which reports its CPU; itself it reports its containers. */
const addCluster = (
  cluster: WorldCluster,
  { containers = () => 10, everyMinutes = 5 }: { containers?: (time: Date) => number; everyMinutes?: number } = {},
): void => {
  world.clusters.push(cluster);
  const [from, to] = [cluster.createdAt, cluster.endedAt ?? later(cluster.createdAt, 60 * 24 * 30)];
  world.report({
    namespace: 'AWS/ElasticMapReduce',
    metric: 'ContainerAllocated',
    dimensions: { JobFlowId: cluster.id },
    everyMinutes,
    parts: [[from, to]],
    value: containers,
  });
};

const reportCpu = ({ instanceId, createdAt, endedAt }: WorldNode, value: (time: Date) => number): void =>
  world.report({
    namespace: 'AWS/EC2',
    metric: 'CPUUtilization',
    dimensions: { InstanceId: instanceId },
    everyMinutes: 5,
    parts: [[createdAt, endedAt ?? later(createdAt, 60 * 24 * 30)]],
    value,
  });

const ETL = { ClusterName: 'etl' };

const onlyContainers = (differences: Parameters<typeof anEmr>[0] = {}): Emr =>
  anEmr({
    ...differences,
    metrics: { clusterMetrics: ['ContainerAllocated'], nodeMetrics: [], ...differences.metrics },
  });

const kinds = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ kind }) => kind);

describe('the windows of a name', () => {
  it('are published once each, when they are old enough, with the time at which they begin', async () => {
    addCluster({ id: 'j-1', name: 'etl', createdAt: at('00:00') }, { containers: (time) => time.getUTCMinutes() });

    const outcomes = await tickFrom(at('03:01'), at('03:21'), onlyContainers());

    expect(world.putFor('ContainerAllocatedSum', ETL)).toEqual(
      new Map([
        ['02:45', [45]],
        ['02:50', [50]],
        ['02:55', [55]],
        ['03:00', [0]],
        ['03:05', [5]],
      ]),
    );
    expect(world.putFor('LiveClusters', ETL)).toEqual(
      new Map(['02:45', '02:50', '02:55', '03:00', '03:05'].map((time) => [time, [1]])),
    );
    expect(outcomes[0]).toEqual({
      kind: 'published',
      name: 'etl',
      from: at('02:45'),
      to: at('02:50'),
      windows: 1,
      clusters: 1,
      nodes: 0,
      omitted: 'nothing',
    });
  });

  it('continue across a restart in a window, with the last values of the ended cluster', async () => {
    addCluster({ id: 'j-1', name: 'etl', createdAt: at('00:00'), endedAt: at('03:02') }, { containers: () => 8 });
    addCluster({ id: 'j-2', name: 'etl', createdAt: at('03:03') }, { containers: () => 5, everyMinutes: 1 });

    await tickFrom(at('03:06'), at('03:26'), onlyContainers());

    expect(world.putFor('ContainerAllocatedSum', ETL)).toEqual(
      new Map([
        ['02:50', [8]],
        ['02:55', [8]],
        ['03:00', [13]],
        ['03:05', [5]],
        ['03:10', [5]],
      ]),
    );
    expect([...world.putFor('LiveClusters', ETL).values()]).toEqual([[1], [1], [1], [1], [1]]);
  });

  it('show that a name has no cluster, and continue with its next one', async () => {
    addCluster({ id: 'j-1', name: 'etl', createdAt: at('00:00'), endedAt: at('03:02') });
    addCluster({ id: 'j-2', name: 'etl', createdAt: at('03:13') });

    await tickFrom(at('03:06'), at('03:31'), onlyContainers());

    expect(world.putFor('LiveClusters', ETL)).toEqual(
      new Map([
        ['02:50', [1]],
        ['02:55', [1]],
        ['03:00', [0]],
        ['03:05', [0]],
        ['03:10', [1]],
        ['03:15', [1]],
      ]),
    );
    expect([...world.putFor('ContainerAllocatedSum', ETL).keys()]).toEqual(['02:50', '02:55', '03:00', '03:15']);
  });

  it('take no call about nodes when nothing that is published depends on them', async () => {
    addCluster({ id: 'j-1', name: 'etl', createdAt: at('00:00') });

    await tickFrom(at('03:01'), at('03:01'), onlyContainers());

    expect(new Set(world.calls)).toEqual(new Set(['ListClusters', 'GetMetricData', 'PutMetricData']));
  });

  it('add up two live clusters of one name', async () => {
    addCluster({ id: 'j-1', name: 'etl', createdAt: at('00:00') }, { containers: () => 8 });
    addCluster({ id: 'j-2', name: 'etl', createdAt: at('01:00') }, { containers: () => 4 });

    await tickFrom(at('03:01'), at('03:01'), onlyContainers());

    expect(world.putFor('LiveClusters', ETL).get('02:45')).toEqual([2]);
    expect(world.putFor('ContainerAllocatedSum', ETL).get('02:45')).toEqual([12]);
    expect(world.putFor('ContainerAllocatedAverage', ETL).get('02:45')).toEqual([6]);
  });

  it.each([1, 5])('are the same for a source that reports every %i minutes', async (everyMinutes) => {
    addCluster({ id: 'j-1', name: 'etl', createdAt: at('00:00') }, { containers: () => 7, everyMinutes });

    await tickFrom(at('03:01'), at('03:01'), onlyContainers());

    expect(world.putFor('ContainerAllocatedSum', ETL).get('02:45')).toEqual([7]);
  });

  it('wait for data that come late, as long as the lag says', async () => {
    addCluster({ id: 'j-1', name: 'etl', createdAt: at('00:00') });
    world.report({
      namespace: 'AWS/ElasticMapReduce',
      metric: 'ContainerAllocated',
      dimensions: { JobFlowId: 'j-1' },
      everyMinutes: 1,
      parts: [[at('00:00'), at('23:00')]],
      value: (time) => time.getUTCMinutes(),
      lateMinutes: 10,
    });

    await tickFrom(at('03:00'), at('03:30'), onlyContainers());

    expect(world.putFor('ContainerAllocatedSum', ETL).get('03:05')).toEqual([7]);
  });

  it('are filled in after an outage of hours, also of a cluster that began and ended in it', async () => {
    addCluster({ id: 'j-1', name: 'etl', createdAt: at('00:00'), endedAt: at('04:30') }, { containers: () => 1 });
    addCluster({ id: 'j-2', name: 'etl', createdAt: at('05:00'), endedAt: at('06:00') }, { containers: () => 2 });
    addCluster({ id: 'j-3', name: 'etl', createdAt: at('06:30') }, { containers: () => 3 });
    await tickFrom(at('03:00'), at('03:15'), onlyContainers());

    const [outcome] = await tickFrom(at('09:00'), at('09:00'), onlyContainers());

    expect(outcome).toMatchObject({ kind: 'published', from: at('03:05'), to: at('08:50'), windows: 69, clusters: 3 });
    const sums = world.putFor('ContainerAllocatedSum', ETL);
    expect(['04:25', '04:30', '05:00', '05:55', '06:00', '06:30', '08:45'].map((time) => sums.get(time))).toEqual([
      [1],
      undefined,
      [2],
      [2],
      undefined,
      [3],
      [3],
    ]);
  });

  it('are filled in half a day a tick, and those that are two weeks old are given up and named', async () => {
    const created = new Date(at('00:00').getTime() - 20 * DAY_MS);
    addCluster({ id: 'j-1', name: 'etl', createdAt: created });
    progress.watermarks.set('etl', new Date(at('03:00').getTime() - 15 * DAY_MS));
    progress.roster = { listedAt: created, clusters: [] };

    const outcomes = await tickFrom(at('03:00'), at('03:05'), onlyContainers());

    const oldest = later(new Date(at('04:05').getTime() - 14 * DAY_MS), 0);
    expect(outcomes).toMatchObject([
      { kind: 'expired', name: 'etl', from: new Date(at('03:00').getTime() - 15 * DAY_MS), to: oldest },
      { kind: 'published', from: oldest, windows: 144 },
      { kind: 'published', from: later(oldest, 144 * 5), windows: 144 },
    ]);
  });
});

describe('names that EMR decides on', () => {
  const everybody = (metrics: Parameters<typeof onlyContainers>[0] = {}): Emr =>
    onlyContainers({ clusters: [{ kind: 'pattern', pattern: '*' }], ...metrics });

  it('have metrics from their first cluster to the end of their last', async () => {
    addCluster({ id: 'j-1', name: 'adhoc', createdAt: at('03:01'), endedAt: at('03:09') });
    addCluster({ id: 'j-2', name: 'other', createdAt: at('00:00') });

    await tickFrom(at('03:00'), at('03:40'), everybody());

    expect(world.putFor('LiveClusters', { ClusterName: 'adhoc' })).toEqual(
      new Map([
        ['03:00', [1]],
        ['03:05', [0]],
      ]),
    );
    expect(progress.roster?.clusters.map(({ id }) => id)).toEqual(['j-2']);
  });

  it('begin again with their next cluster, and not before', async () => {
    addCluster({ id: 'j-1', name: 'adhoc', createdAt: at('03:01'), endedAt: at('03:04') });
    addCluster({ id: 'j-2', name: 'adhoc', createdAt: at('04:01') });

    await tickFrom(at('03:00'), at('04:20'), everybody());

    expect([...world.putFor('LiveClusters', { ClusterName: 'adhoc' }).keys()]).toEqual(['03:00', '04:00', '04:05']);
  });

  it('are reported when they are equal in CloudWatch, and only one has metrics', async () => {
    addCluster({ id: 'j-1', name: '日次', createdAt: at('00:00') }, { containers: () => 1 });
    addCluster({ id: 'j-2', name: dimensionValue('日次'), createdAt: at('00:00') }, { containers: () => 2 });

    const outcomes = await tickFrom(at('03:01'), at('03:01'), everybody());

    const ClusterName = dimensionValue('日次');
    expect(outcomes[0]).toEqual({ kind: 'collided', name: '日次', dimension: ClusterName, kept: ClusterName });
    expect(world.putFor('ContainerAllocatedSum', { ClusterName }).get('02:45')).toEqual([2]);
  });
});

describe('nodes', () => {
  const onlyCpu = (differences: Parameters<typeof anEmr>[0] = {}): Emr =>
    anEmr({ ...differences, metrics: { clusterMetrics: [], nodeMetrics: ['CPUUtilization'], ...differences.metrics } });

  const manyNodes = (count: number, prefix: string): WorldNode[] =>
    Array.from({ length: count }, (_, index) => ({
      instanceId: `i-${prefix}${String(index).padStart(4, '0')}`,
      type: index === 0 ? 'MASTER' : 'CORE',
      createdAt: at('00:00'),
    }));

  it.each(['group', 'fleet'] as const)(
    'are found in clusters with instance %ss, with their roles',
    async (collection) => {
      const nodes: WorldNode[] = [
        { instanceId: 'i-1', type: 'MASTER', createdAt: at('00:00') },
        { instanceId: 'i-2', type: 'CORE', createdAt: at('00:00') },
        { instanceId: 'i-3', type: 'TASK', createdAt: at('00:00') },
        { instanceId: 'i-4', type: 'TASK', createdAt: at('00:00') },
      ];
      addCluster({ id: 'j-1', name: 'etl', createdAt: at('00:00'), collection, nodes });
      for (const [index, one] of nodes.entries()) {
        reportCpu(one, () => index * 10);
      }

      await tickFrom(at('03:01'), at('03:01'), onlyCpu());

      const cpu = (role?: string) =>
        world
          .putFor('CPUUtilizationAverage', { ...ETL, ...(role === undefined ? {} : { NodeRole: role }) })
          .get('02:45');
      expect([cpu(), cpu('primary'), cpu('core'), cpu('task')]).toEqual([[15], [0], [10], [25]]);
    },
  );

  it('that have ended count until then, also when their cluster has ended', async () => {
    const nodes: WorldNode[] = [
      { instanceId: 'i-1', type: 'MASTER', createdAt: at('00:00'), endedAt: at('03:12') },
      { instanceId: 'i-2', type: 'TASK', createdAt: at('03:06'), endedAt: at('03:08') },
    ];
    addCluster({ id: 'j-1', name: 'etl', createdAt: at('00:00'), endedAt: at('03:12'), nodes });
    reportCpu(nodes[0]!, () => 10);
    world.report({
      namespace: 'AWS/EC2',
      metric: 'CPUUtilization',
      dimensions: { InstanceId: 'i-2' },
      everyMinutes: 1,
      parts: [[at('03:06'), at('03:08')]],
      value: () => 90,
    });

    await tickFrom(at('03:00'), at('03:40'), onlyCpu());

    const averages = world.putFor('CPUUtilizationAverage', ETL);
    expect(['03:00', '03:05', '03:10', '03:15'].map((time) => averages.get(time))).toEqual([
      [10],
      [50],
      [10],
      undefined,
    ]);
  });

  it('are all found, on however many pages, and are asked for in as many calls as it takes', async () => {
    const nodes = manyNodes(120, 'a');
    addCluster({ id: 'j-1', name: 'etl', createdAt: at('00:00'), nodes });
    for (const one of nodes) {
      reportCpu(one, () => 1);
      world.report({
        namespace: 'AWS/EC2',
        metric: 'NetworkIn',
        dimensions: { InstanceId: one.instanceId },
        everyMinutes: 5,
        parts: [[at('00:00'), at('23:00')]],
        value: () => 2,
      });
    }
    const nodeMetrics = ['CPUUtilization', 'NetworkIn', 'NetworkOut', 'EBSReadBytes', 'EBSWriteBytes'] as const;
    world.setPointsAPage(300);

    await tickFrom(at('03:01'), at('03:01'), onlyCpu({ metrics: { nodeMetrics } }));

    expect(world.putFor('NetworkInSum', ETL).get('02:45')).toEqual([240]);
    expect(world.calls.filter((call) => call === 'ListInstances')).toHaveLength(3);
    // 600 queries, of which a call takes 500, in pages of 300 values.
    expect(world.calls.filter((call) => call === 'GetMetricData').length).toBeGreaterThan(2);
  });

  it('of more clusters than one tick may ask about are found over several, with one call at a time', async () => {
    for (let index = 0; index < 120; index += 1) {
      addCluster({ id: `j-${index}`, name: 'etl', createdAt: at('00:00') });
    }
    const emr = onlyContainers({ metrics: { nodeMetrics: ['CPUUtilization'] } });

    expect(kinds(await tickFrom(at('03:01'), at('03:11'), emr))).toEqual(['deferred', 'deferred', 'published']);

    for (const window of ['02:45', '02:50', '02:55']) {
      expect(world.putFor('LiveClusters', ETL).get(window)).toEqual([120]);
      expect(world.putFor('ContainerAllocatedSum', ETL).get(window)).toEqual([1_200]);
    }
    // A page holds fifty of those that live; of those that have ended, there are none.
    expect(world.calls.filter((call) => call === 'ListClusters')).toHaveLength(3 * (3 + 1));
    expect(world.calls.filter((call) => call === 'ListInstances')).toHaveLength(120);
    expect(world.mostUnderWay()).toBe(1);
  });

  it('are listed once for as many windows as the list is good for', async () => {
    const nodes = manyNodes(3, 'a');
    addCluster({ id: 'j-1', name: 'etl', createdAt: at('00:00'), nodes });

    await tickFrom(at('03:01'), at('03:56'), onlyCpu());

    // Twelve ticks; a list is read every third of them, and the groups once.
    expect(world.calls.filter((call) => call === 'ListInstances')).toHaveLength(4);
    expect(world.calls.filter((call) => call === 'ListInstanceGroups')).toHaveLength(1);
    expect(world.calls.filter((call) => call === 'DescribeCluster')).toHaveLength(0);
  });

  it('are omitted, all of one name, beyond the maximum of the configuration', async () => {
    addCluster({ id: 'j-1', name: 'a', createdAt: at('00:00'), nodes: manyNodes(3, 'a') });
    addCluster({ id: 'j-2', name: 'b', createdAt: at('00:00'), nodes: manyNodes(3, 'b') });
    for (const one of [...manyNodes(3, 'a'), ...manyNodes(3, 'b')]) {
      reportCpu(one, () => 5);
    }
    const clusters = ['a', 'b'].map((name) => ({ kind: 'name', name }) as const);
    const metrics = { clusterMetrics: ['ContainerAllocated'], maxNodes: 3 } as const;

    const outcomes = await tickFrom(at('03:01'), at('03:01'), onlyCpu({ clusters, metrics }));

    expect(outcomes).toMatchObject([
      { kind: 'published', name: 'a', omitted: 'nothing', nodes: 3 },
      { kind: 'published', name: 'b', omitted: 'nodes', nodes: 0 },
    ]);
    expect(world.putFor('CPUUtilizationAverage', { ClusterName: 'b' }).size).toBe(0);
    expect(world.putFor('ContainerAllocatedSum', { ClusterName: 'b' }).size).toBe(1);
  });

  it('of one name never use the queries that the clusters of another need', async () => {
    addCluster({ id: 'j-1', name: 'a', createdAt: at('00:00'), nodes: manyNodes(6, 'a') });
    addCluster({ id: 'j-2', name: 'b', createdAt: at('00:00') });
    const clusters = ['a', 'b'].map((name) => ({ kind: 'name', name }) as const);
    const metrics = { clusterMetrics: ['ContainerAllocated'], maxNodes: 3 } as const;

    // Seven may be read: all of the first name would be just as many.
    expect(await tickFrom(at('03:01'), at('03:01'), onlyCpu({ clusters, metrics }))).toMatchObject([
      { name: 'a', omitted: 'nodes' },
      { name: 'b', omitted: 'nothing' },
    ]);
    expect(world.putFor('ContainerAllocatedSum', { ClusterName: 'b' }).get('02:45')).toEqual([10]);
  });

  it('and clusters are omitted beyond the maximum, but the number of live clusters is published', async () => {
    for (let index = 0; index < 3; index += 1) {
      addCluster({ id: `j-${index}`, name: 'etl', createdAt: at('00:00') });
    }

    const outcomes = await tickFrom(at('03:01'), at('03:01'), onlyContainers({ metrics: { maxNodes: 0 } }));

    expect(outcomes).toMatchObject([{ kind: 'published', omitted: 'clusters and nodes' }]);
    expect([...world.readBack().keys()]).toHaveLength(1);
    expect(world.putFor('LiveClusters', ETL).get('02:45')).toEqual([3]);
  });

  it('with a CloudWatch agent count for its metrics too, once CloudWatch is sure to list them', async () => {
    const nodes: WorldNode[] = [
      { instanceId: 'i-1', type: 'CORE', createdAt: at('00:00') },
      { instanceId: 'i-2', type: 'CORE', createdAt: at('02:50') },
    ];
    addCluster({ id: 'j-1', name: 'etl', createdAt: at('00:00'), nodes });
    for (const [index, { instanceId, createdAt }] of nodes.entries()) {
      world.report({
        namespace: 'CWAgent',
        metric: 'mem_used_percent',
        dimensions: {
          'cluster.id': 'j-1',
          'instance.id': instanceId,
          'node.type': 'core',
          'service.name': 'amazon-cloudwatch-agent',
        },
        everyMinutes: 1,
        parts: [[createdAt, at('23:00')]],
        value: () => 20 + 40 * index,
      });
    }

    await tickFrom(
      at('03:20'),
      at('03:40'),
      anEmr({ metrics: { clusterMetrics: [], nodeMetrics: [], agentMetrics: ['mem_used_percent'] } }),
    );

    expect(world.putFor('mem_used_percentAverage', { ...ETL, NodeRole: 'core' })).toEqual(
      new Map([
        ['03:05', [20]],
        ['03:10', [20]],
        ['03:15', [20]],
        ['03:20', [40]],
        ['03:25', [40]],
      ]),
    );
  });
});

describe('tags', () => {
  const byTag = onlyContainers({ clusters: [{ kind: 'tag', key: 'team', value: 'ml', name: 'ml' }] });
  const ML = { ClusterName: 'ml' };

  it('make a logical cluster, and are read once an hour', async () => {
    addCluster({ id: 'j-1', name: 'x', createdAt: at('00:00'), tags: { team: 'ml' } });
    addCluster({ id: 'j-2', name: 'y', createdAt: at('00:00'), tags: { team: 'bi' } });

    await tickFrom(at('03:01'), at('04:06'), byTag);

    expect(world.putFor('LiveClusters', ML).get('03:00')).toEqual([1]);
    expect(world.calls.filter((call) => call === 'DescribeCluster')).toHaveLength(4);
  });

  it('that cannot be read put a name off, and the next tick goes on', async () => {
    addCluster({ id: 'j-1', name: 'x', createdAt: at('00:00'), tags: { team: 'ml' } });
    const { tick } = ticksOf(byTag);
    world.setFaults((operation) =>
      operation === 'DescribeCluster' ? { kind: 'error', status: 400, type: 'ThrottlingException' } : undefined,
    );

    const outcomes = await tick(at('03:01'));
    expect(outcomes).toEqual([{ kind: 'deferred', name: 'ml', reason: 'EMR could not be asked about cluster j-1' }]);
    expect(world.puts).toEqual([]);

    world.setFaults(undefined);
    await tick(at('03:06'));
    expect([...world.putFor('LiveClusters', ML).keys()]).toEqual(['02:45', '02:50']);
  });
});

describe('what goes wrong', () => {
  const emr = anEmr({
    clusters: ['a', 'b'].map((name) => ({ kind: 'name', name }) as const),
    metrics: { clusterMetrics: ['ContainerAllocated'], nodeMetrics: ['CPUUtilization'] },
  });

  const twoNames = (): void => {
    for (const name of ['a', 'b']) {
      const node: WorldNode = { instanceId: `i-${name}`, type: 'MASTER', createdAt: at('00:00') };
      addCluster({ id: `j-${name}`, name, createdAt: at('00:00'), nodes: [node] });
      reportCpu(node, () => 50);
    }
  };

  it('a partial answer is not published as if it were whole, and the watermark does not pass it', async () => {
    twoNames();
    const { tick } = ticksOf(emr);
    world.setFaults((operation, input) =>
      operation === 'GetMetricData'
        ? {
            kind: 'change',
            change: (answer) => {
              const queries = input['MetricDataQueries'] as { Id: string; MetricStat: unknown }[];
              const own = queries.filter(({ MetricStat }) => JSON.stringify(MetricStat).includes('j-a'));
              const results = answer['MetricDataResults'] as { Id: string }[];
              return {
                MetricDataResults: results.map((result) =>
                  own.some(({ Id }) => Id === result.Id) ? { ...result, StatusCode: 'PartialData' } : result,
                ),
              };
            },
          }
        : undefined,
    );

    const outcomes = await tick(at('03:01'));

    expect(kinds(outcomes).sort()).toEqual(['failed', 'published']);
    expect(outcomes.find(({ kind }) => kind === 'failed')).toMatchObject({
      name: 'a',
      error: { message: expect.stringContaining('{"JobFlowId":"j-a"}: PartialData') },
    });
    expect(world.putFor('LiveClusters', { ClusterName: 'a' }).size).toBe(0);
    expect(progress.watermarks.get('a')).toEqual(at('02:45'));

    world.setFaults(undefined);
    await tick(at('03:06'));
    expect([...world.putFor('ContainerAllocatedSum', { ClusterName: 'a' }).keys()]).toEqual(['02:45', '02:50']);
  });

  it('a throttled EMR puts off the names that it takes, is not asked again, and the next tick goes on', async () => {
    twoNames();
    const { tick } = ticksOf(emr);
    world.setFaults((operation) =>
      operation === 'ListInstances' ? { kind: 'error', status: 400, type: 'ThrottlingException' } : undefined,
    );

    expect(await tick(at('03:01'))).toEqual([
      { kind: 'deferred', name: 'a', reason: 'EMR throttles ListInstances' },
      { kind: 'deferred', name: 'b', reason: "No time for ListInstances: EMR's call rates are used up" },
    ]);

    world.setFaults(undefined);
    expect(await tick(at('03:06'))).toMatchObject([
      { kind: 'published', name: 'a', windows: 2 },
      { kind: 'published', name: 'b', windows: 2 },
    ]);
  });

  it('a put that fails leaves the watermark, and the same values are put again', async () => {
    twoNames();
    const { tick } = ticksOf(emr);
    world.setFaults((operation) =>
      operation === 'PutMetricData' ? { kind: 'error', status: 400, type: 'AccessDenied' } : undefined,
    );
    expect(kinds(await tick(at('03:01')))).toEqual(['failed', 'failed']);
    expect(progress.watermarks.get('a')).toEqual(at('02:45'));

    world.setFaults(undefined);
    await tick(at('03:06'));

    expect([...world.putFor('CPUUtilizationAverage', { ClusterName: 'a' }).values()]).toEqual([[50], [50]]);
  });

  it('a put whose answer is lost changes nothing that is read', async () => {
    twoNames();
    let lost = 0;
    world.setFaults((operation) => {
      lost += operation === 'PutMetricData' ? 1 : 0;
      return operation === 'PutMetricData' && lost === 1 ? { kind: 'cutAfter' } : undefined;
    });

    await ticksOf(emr).tick(at('03:01'));

    expect(world.putFor('CPUUtilizationAverage', { ClusterName: 'a' }).get('02:45')).toEqual([50, 50]);
    expect(world.readBack().get(JSON.stringify(['CPUUtilizationAverage', { ClusterName: 'a' }, at('02:45')]))).toBe(50);
  });

  it('a watermark that cannot be moved on leads to the same values again, and fails that name alone', async () => {
    twoNames();
    const { advance } = progress;
    progress.watermarks.set('a', at('02:45')).set('b', at('02:45'));
    progress.advance = async (name, ...rest) => {
      if (name === 'a') {
        throw new Error('table out of reach');
      }
      return advance(name, ...rest);
    };

    const outcomes = await ticksOf(emr).tick(at('03:01'));

    expect(outcomes).toMatchObject([
      { kind: 'published', name: 'b' },
      { kind: 'failed', name: 'a', error: { message: 'table out of reach' } },
    ]);
  });

  it('a name whose nodes cannot be read costs no other', async () => {
    twoNames();
    world.setFaults((operation, input) =>
      operation === 'ListInstances' && input['ClusterId'] === 'j-a'
        ? { kind: 'error', status: 400, type: 'AccessDeniedException', message: 'no' }
        : undefined,
    );

    expect(await ticksOf(emr).tick(at('03:01'))).toMatchObject([
      { kind: 'failed', name: 'a', error: { message: 'no' } },
      { kind: 'published', name: 'b' },
    ]);
  });

  it('a list of clusters that cannot be had fails the tick, and nothing is published', async () => {
    twoNames();
    world.setFaults((operation) =>
      operation === 'ListClusters' ? { kind: 'error', status: 400, type: 'AccessDeniedException' } : undefined,
    );

    await expect(ticksOf(emr).tick(at('03:01'))).rejects.toThrow('AccessDeniedException');
    expect(world.puts).toEqual([]);
  });

  it('a roster that cannot be written is reported after everything is published', async () => {
    twoNames();
    progress.saveRoster = async () => Promise.reject('full');

    expect(kinds(await ticksOf(emr).tick(at('03:01')))).toEqual(['published', 'published', 'rosterNotSaved']);
  });

  it('an old cluster that ended during an outage is found by its id', async () => {
    addCluster({ id: 'j-a', name: 'a', createdAt: at('00:00'), endedAt: at('05:00') });
    await ticksOf(emr).tick(at('03:01'));
    world.calls.length = 0;

    await ticksOf(emr).tick(at('08:00'));

    const lived = [...world.putFor('LiveClusters', { ClusterName: 'a' })].filter(([, [value]]) => value === 1);
    expect(lived.at(-1)?.[0]).toBe('04:55');
    expect(world.calls.filter((call) => call === 'DescribeCluster')).toHaveLength(1);
  });

  it('a cluster with an unknown end defers its name', async () => {
    addCluster({ id: 'j-a', name: 'a', createdAt: at('00:00'), endedAt: at('03:04') });
    await ticksOf(emr).tick(at('03:01'));
    world.setFaults((operation) =>
      operation === 'DescribeCluster' ? { kind: 'error', status: 429, type: 'Whatever' } : undefined,
    );

    expect(await ticksOf(emr).tick(at('03:16'))).toMatchObject([
      { kind: 'deferred', name: 'a', reason: 'EMR could not be asked about cluster j-a' },
      { kind: 'published', name: 'b' },
    ]);

    world.setFaults(undefined);
    await ticksOf(emr).tick(at('03:21'));
    expect(world.putFor('LiveClusters', { ClusterName: 'a' }).get('03:00')).toEqual([0]);
  });

  it('a cluster that EMR has forgotten is forgotten too', async () => {
    progress.roster = { listedAt: at('02:00'), clusters: [{ id: 'j-x', name: 'a', createdAt: at('00:00') }] };

    expect(kinds(await ticksOf(emr).tick(at('03:01')))).toEqual(['published', 'published']);
    expect(progress.roster.clusters).toEqual([]);
  });

  it('time that runs out ends the tick, and the next one goes on', async () => {
    twoNames();
    const controller = new AbortController();
    world.setFaults((operation) => {
      if (operation === 'GetMetricData') {
        controller.abort(new Error('out of time'));
      }
      return undefined;
    });
    const { tick } = ticksOf(emr);

    expect(kinds(await tick(at('03:01'), controller.signal))).toEqual(['failed', 'failed']);
    expect(progress.watermarks.get('a')).toEqual(at('02:45'));

    world.setFaults(undefined);
    expect(await tick(at('03:06'))).toMatchObject([{ windows: 2 }, { windows: 2 }]);
  });
});

describe('what does not fit into one tick', () => {
  it('is put off by name, and the next tick goes on where it ended', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `n${String(index).padStart(2, '0')}`);
    for (const name of names) {
      const nodes: WorldNode[] = [{ instanceId: `i-${name}`, type: 'MASTER', createdAt: at('00:00') }];
      addCluster({ id: `j-${name}`, name, createdAt: at('00:00'), nodes });
    }
    const clusters = [{ kind: 'pattern', pattern: '*' }] as const;
    const { tick, waitedMs } = ticksOf(anEmr({ clusters, metrics: { clusterMetrics: ['IsIdle'] } }));

    const first = await tick(at('03:01'));

    const deferred = first.filter(({ kind }) => kind === 'deferred');
    expect(deferred.length).toBeGreaterThan(5);
    expect(deferred.length).toBeLessThan(30);
    expect(first).toHaveLength(60);
    expect(waitedMs()).toBeLessThanOrEqual(150_000);

    const second = await tick(at('03:06'));
    expect(second.slice(0, deferred.length)).toMatchObject(deferred.map(() => ({ kind: 'published', windows: 2 })));
    expect(second.every(({ kind }) => kind === 'published')).toBe(true);
    // Every name has every window, once.
    for (const ClusterName of names) {
      expect(world.putFor('LiveClusters', { ClusterName })).toEqual(
        new Map([
          ['02:45', [1]],
          ['02:50', [1]],
        ]),
      );
    }
  });
});
