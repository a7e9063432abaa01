/** EMR clusters that end, are replaced or are looked at twice while a function is at work. */
import { beforeEach, describe, expect, it } from 'vitest';
import { aStubCluster, aStubGroup, createElbStub, THROTTLE } from '../support/elb-stub.ts';
import { anEmr, at } from '../support/emr-builders.ts';
import { createTicks } from '../support/emr-ticks.ts';
import { createEmrWorld } from '../support/emr-world.ts';
import { createMemoryClusterProgress } from '../support/memory-cluster-progress.ts';
import { createMemoryRecords, createRebinding } from '../support/rebinding.ts';
import { useStub } from '../support/use-stub.ts';

describe('the metrics of a cluster that ends while they are read', () => {
  const world = useStub(createEmrWorld(), ['EMR', 'CLOUDWATCH']);

  it('are all there, and stop with it', async () => {
    const living = { id: 'j-1', name: 'etl', createdAt: at('00:00') };
    const ended = { ...living, endedAt: at('03:05') };
    world.clusters.push(living);
    world.report({
      namespace: 'AWS/ElasticMapReduce',
      metric: 'ContainerAllocated',
      dimensions: { JobFlowId: 'j-1' },
      everyMinutes: 5,
      parts: [[at('00:00'), ended.endedAt]],
      value: () => 8,
    });
    const emr = anEmr({ metrics: { clusterMetrics: ['ContainerAllocated'], nodeMetrics: [] } });
    const { tick } = createTicks(world, createMemoryClusterProgress(), emr);

    await tick(at('03:01'));
    world.setFaults((operation) => {
      if (operation === 'GetMetricData') world.clusters.splice(0, 1, ended);
      return undefined;
    });
    for (const time of ['03:06', '03:11', '03:16', '03:21', '03:26']) {
      await tick(at(time));
    }

    const put = world.putFor('ContainerAllocatedSum', { ClusterName: 'etl' });
    expect([...put]).toEqual(['02:45', '02:50', '02:55', '03:00'].map((time) => [time, [8]]));
    const live = world.putFor('LiveClusters', { ClusterName: 'etl' });
    expect([live.get('03:00'), live.get('03:05')]).toEqual([[1], [0]]);
  });
});

describe.each(['instance', 'ip'] as const)('a target group of type %s', (targetType) => {
  const world = useStub(createElbStub(), ['EMR', 'EC2', 'ELASTIC_LOAD_BALANCING_V2']);
  const ARN = aStubGroup().arn;
  const key = (number: number): string => (targetType === 'instance' ? `i-${number}:8088` : `10.0.0.${number}:8088`);
  const start = (number: number) =>
    world.startCluster(
      aStubCluster({ id: `j-${number}`, primaries: [{ instanceId: `i-${number}`, address: `10.0.0.${number}` }] }),
    );
  let records = createMemoryRecords();

  beforeEach(() => {
    world.reset();
    records = createMemoryRecords();
    const group = aStubGroup({ targetType });
    world.groups.set(group.arn, group);
  });

  /** So many ticks, each in an execution environment that remembers nothing. */
  const ticks = async (count: number): Promise<void> => {
    for (let number = 0; number < count; number += 1) {
      await createRebinding(records).tick();
      world.pass();
    }
  };

  it('comes to the same when two ticks work on it at once, every time', async () => {
    start(1);
    await ticks(2);
    start(2);

    for (let round = 0; round < 5; round += 1) {
      await Promise.all([createRebinding(records).tick(), createRebinding(records).tick()]);
      // Whatever the two saw of each other, somebody answers.
      expect(world.targetsIn(ARN)).not.toEqual([]);
      world.pass();
    }

    expect(world.targetsIn(ARN)).toEqual([key(2)]);
  });

  it('is brought to its end by the next tick when one dies between registering and deregistering', async () => {
    start(1);
    await ticks(2);
    start(2);
    world.setFault(({ operation }) => (operation === 'DeregisterTargets' ? { kind: 'cut' } : undefined));
    await ticks(3);
    const meanwhile = world.targetsIn(ARN);

    world.setFault(() => undefined);
    await ticks(2);

    expect(meanwhile).toEqual([key(1), key(2)]);
    expect(world.targetsIn(ARN)).toEqual([key(2)]);
  });

  it('is left as it is while the load balancer turns requests away, and bound right after', async () => {
    start(1);
    await ticks(2);
    start(2);
    world.setFault(({ operation }) => (operation === 'RegisterTargets' ? THROTTLE : undefined));
    await ticks(1);
    const meanwhile = world.targetsIn(ARN);

    world.setFault(() => undefined);
    await ticks(4);

    expect(meanwhile).toEqual([key(1)]);
    expect(world.targetsIn(ARN)).toEqual([key(2)]);
  });
});
