/** Generations of one cluster, compared with a calculation of its own; and what overlapping, repeated and broken-off ticks do to it. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { LOOKBACK_WINDOWS } from '../../../functions/aggregate-emr-metrics/aggregate.ts';
import type { ClusterMetricName, NodeMetricName } from '../../../shared/clusters/source-metrics.ts';
import { MINUTE_MS } from '../../../shared/durations.ts';
import { anEmr, at } from '../../support/emr-builders.ts';
import { createTicks } from '../../support/emr-ticks.ts';
import { createEmrWorld, type WorldCluster, type WorldNode } from '../../support/emr-world.ts';
import { createMemoryClusterProgress } from '../../support/memory-cluster-progress.ts';
import { sizeOf } from '../../support/test-size.ts';
import { useStub } from '../../support/use-stub.ts';

const world = useStub(createEmrWorld(), ['EMR', 'CLOUDWATCH']);

afterEach(() => {
  world.reset();
});

const later = (time: Date, minutes: number): Date => new Date(time.getTime() + minutes * MINUTE_MS);

const minuteOf = (time: Date): number => time.getTime() / MINUTE_MS;

type Generation = Required<Pick<WorldCluster, 'nodes' | 'collection'>> &
  WorldCluster & {
    /** How often it reports. */
    readonly everyMinutes: 1 | 5;
    /** Gives every generation values of its own. */
    readonly seed: number;
    /** Minutes of the day in which it cannot be reached. */
    readonly silent?: readonly [from: Date, to: Date];
  };

const CLUSTER_METRICS = {
  ContainerAllocated: (seed, minute) => (seed * 7 + minute) % 50,
  AppsCompleted: (seed, minute) => Math.floor((minute % 1_000) / 3) + seed,
  HDFSUtilization: (seed, minute) => (seed * 13 + minute / 2) % 100,
  IsIdle: (seed, minute) => Number((seed + Math.floor(minute / 10)) % 3 === 0),
} as const satisfies Partial<Record<ClusterMetricName, (seed: number, minute: number) => number>>;

const NODE_METRICS = {
  CPUUtilization: (seed, minute) => (seed * 11 + minute) % 100,
  NetworkIn: (seed, minute) => seed * 1_000 + (minute % 60),
} as const satisfies Partial<Record<NodeMetricName, (seed: number, minute: number) => number>>;

const EMR = anEmr({
  metrics: {
    clusterMetrics: ['ContainerAllocated', 'AppsCompleted', 'HDFSUtilization', 'IsIdle'],
    nodeMetrics: ['CPUUtilization', 'NetworkIn'],
  },
});

const seedOf = ({ instanceId }: WorldNode): number =>
  [...instanceId].reduce((sum, char) => sum + char.charCodeAt(0), 0) % 97;

const END = at('23:59');

/** Returns whether something reports at a minute. */
const reportsAt = (
  thing: { createdAt: Date; endedAt?: Date },
  everyMinutes: number,
  minute: number,
  silent?: readonly [Date, Date],
): boolean =>
  minute % everyMinutes === 0 &&
  minute >= minuteOf(thing.createdAt) &&
  minute < minuteOf(thing.endedAt ?? END) &&
  !(silent !== undefined && minute >= minuteOf(silent[0]) && minute < minuteOf(silent[1]));

const add = (generations: readonly Generation[]): void => {
  for (const generation of generations) {
    world.clusters.push(generation);
    const { id, everyMinutes, seed, createdAt, endedAt = END, silent } = generation;
    for (const [metric, value] of Object.entries(CLUSTER_METRICS)) {
      // One that cannot be reached reports before that and after it.
      const parts: [Date, Date][] =
        silent === undefined
          ? [[createdAt, endedAt]]
          : [
              [createdAt, silent[0]],
              [silent[1], endedAt],
            ];
      world.report({
        namespace: 'AWS/ElasticMapReduce',
        metric,
        dimensions: { JobFlowId: id },
        everyMinutes,
        parts,
        value: (time) => value(seed, minuteOf(time)),
        lateMinutes: 9,
      });
    }
    for (const node of generation.nodes) {
      for (const [metric, value] of Object.entries(NODE_METRICS)) {
        world.report({
          namespace: 'AWS/EC2',
          metric,
          dimensions: { InstanceId: node.instanceId },
          everyMinutes: 5,
          parts: [[node.createdAt, node.endedAt ?? endedAt]],
          value: (time) => value(seedOf(node), minuteOf(time)),
          lateMinutes: 9,
        });
      }
    }
  }
};

const ROLES = { MASTER: 'primary', CORE: 'core', TASK: 'task' } as const;

/**
 * The expected values, calculated from the generations minute by minute.
 *
 * @returns values by `metric role minute`
 */
const calculate = (generations: readonly Generation[], from: Date, to: Date): Map<string, number> => {
  const reference = new Map<string, number>();
  const add = (name: string, start: number, value: number) => reference.set(`${name} ${start}`, value);

  for (let start = minuteOf(from); start < minuteOf(to); start += 5) {
    const minutes = [0, 1, 2, 3, 4].map((minute) => start + minute);
    const isAlive = (thing: { createdAt: Date; endedAt?: Date }, minute: number) =>
      minuteOf(thing.createdAt) <= minute && (thing.endedAt === undefined || minuteOf(thing.endedAt) > minute);
    add('LiveClusters all', start, generations.filter((one) => isAlive(one, start + 4)).length);

    const heard = (one: Generation, at5: number): number[] =>
      [0, 1, 2, 3, 4]
        .map((minute) => at5 + minute)
        .filter((minute) => reportsAt(one, one.everyMinutes, minute, one.silent));

    let [containers, reporting, apps, counting, used, weight, idle] = [0, 0, 0, 0, 0, 0, 0];
    for (const one of generations) {
      const times = heard(one, start);
      if (times.length > 0) {
        const mean = (f: (seed: number, minute: number) => number) =>
          times.map((minute) => f(one.seed, minute)).reduce((sum, value) => sum + value, 0) / times.length;
        containers += mean(CLUSTER_METRICS.ContainerAllocated);
        const nodes = one.nodes.filter((node) =>
          minutes.some((minute) => isAlive({ ...node, endedAt: node.endedAt ?? one.endedAt ?? END }, minute)),
        );
        used += mean(CLUSTER_METRICS.HDFSUtilization) * Math.max(1, nodes.length);
        weight += Math.max(1, nodes.length);
        idle += Math.min(...times.map((minute) => CLUSTER_METRICS.IsIdle(one.seed, minute)));
        reporting += 1;

        const highest = (list: readonly number[]) =>
          Math.max(...list.map((minute) => CLUSTER_METRICS.AppsCompleted(one.seed, minute)));
        const before = Array.from({ length: LOOKBACK_WINDOWS }, (_, back) => heard(one, start - 5 * (back + 1))).find(
          (list) => list.length > 0,
        );
        const isYoung = minuteOf(one.createdAt) >= start - 5 * LOOKBACK_WINDOWS;
        if (before !== undefined || isYoung) {
          apps += Math.max(0, highest(times) - (before === undefined ? 0 : highest(before)));
          counting += 1;
        }
      }
    }
    if (reporting > 0) {
      add('ContainerAllocatedSum all', start, containers);
      add('ContainerAllocatedAverage all', start, containers / reporting);
      add('HDFSUtilizationAverage all', start, used / weight);
      add('IsIdleSum all', start, idle);
      add('IsIdleAverage all', start, idle / reporting);
    }
    if (counting > 0) {
      add('AppsCompletedSum all', start, apps);
      add('AppsCompletedAverage all', start, apps / counting);
    }

    const nodes = generations.flatMap((one) =>
      one.nodes.map((node) => ({ ...node, endedAt: node.endedAt ?? one.endedAt ?? END })),
    );
    for (const role of ['all', 'primary', 'core', 'task']) {
      const reports = nodes
        .filter(({ type }) => role === 'all' || ROLES[type] === role)
        .filter((node) => reportsAt(node, 5, start));
      const sum = (f: (seed: number, minute: number) => number) =>
        reports.reduce((total, node) => total + f(seedOf(node), start), 0);
      if (reports.length > 0) {
        add(`CPUUtilizationAverage ${role}`, start, sum(NODE_METRICS.CPUUtilization) / reports.length);
        add(`NetworkInSum ${role}`, start, sum(NODE_METRICS.NetworkIn));
        add(`NetworkInAverage ${role}`, start, sum(NODE_METRICS.NetworkIn) / reports.length);
      }
    }
  }
  return reference;
};

const readBack = (): Map<string, number> =>
  new Map(
    [...world.readBack()].map(([key, value]) => {
      const [metric, { NodeRole: role = 'all' }, time] = JSON.parse(key);
      return [`${metric} ${role} ${minuteOf(new Date(time))}`, value];
    }),
  );

const expectSame = (actual: Map<string, number>, expected: Map<string, number>): void => {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [key, value] of expected) {
    expect(actual.get(key), key).toBeCloseTo(value, 8);
  }
};

const node = (instanceId: string, type: WorldNode['type'], from: string, to?: string): WorldNode => ({
  instanceId,
  type,
  createdAt: at(from),
  ...(to === undefined ? {} : { endedAt: at(to) }),
});

describe('three generations of one cluster', () => {
  const generations: Generation[] = [
    {
      id: 'j-old',
      name: 'etl',
      createdAt: at('00:00'),
      endedAt: at('04:33'),
      collection: 'group',
      everyMinutes: 5,
      seed: 3,
      silent: [at('03:20'), at('03:41')],
      nodes: [
        node('i-o1', 'MASTER', '00:00'),
        node('i-o2', 'CORE', '00:05'),
        node('i-o3', 'CORE', '00:05', '03:17'),
        node('i-o4', 'TASK', '03:31', '03:59'),
      ],
    },
    // Overlaps with the first for a quarter of an hour: the new one is up before the old one is ended.
    {
      id: 'j-mid',
      name: 'etl',
      createdAt: at('04:18'),
      endedAt: at('05:07'),
      collection: 'fleet',
      everyMinutes: 1,
      seed: 8,
      nodes: [node('i-m1', 'MASTER', '04:19'), node('i-m2', 'CORE', '04:22'), node('i-m3', 'TASK', '04:40', '04:44')],
    },
    // After a gap of half an hour.
    {
      id: 'j-new',
      name: 'etl',
      createdAt: at('05:36'),
      collection: 'group',
      everyMinutes: 5,
      seed: 21,
      nodes: [node('i-n1', 'MASTER', '05:37'), node('i-n2', 'CORE', '05:41'), node('i-n3', 'CORE', '05:41')],
    },
  ];

  it.each([
    ['in one go, with a tick every five minutes', 5, false],
    ['with every tick in a new execution environment', 5, true],
    ['with a tick an hour only', 60, true],
  ])('are one series, number by number as calculated: %s', async (_, everyMinutes, isCold) => {
    add(generations);
    const progress = createMemoryClusterProgress();
    let ticks = createTicks(world, progress, EMR);

    for (let time = at('03:01'); time < at('07:02'); time = later(time, everyMinutes)) {
      ticks = isCold ? createTicks(world, progress, EMR) : ticks;
      await ticks.tick(time);
    }
    await ticks.tick(at('07:01'));

    expectSame(readBack(), calculate(generations, at('02:45'), at('06:50')));
  });
});

/** Times of a world that lasts two hours, in whole minutes. */
const minutesFrom = (time: string) => (minute: number) => later(at(time), minute);

const someGenerations = fc
  .array(
    fc.record({
      born: fc.integer({ min: -60, max: 90 }),
      age: fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }),
      collection: fc.constantFrom<'group' | 'fleet'>('group', 'fleet'),
      everyMinutes: fc.constantFrom<1 | 5>(1, 5),
      seed: fc.integer({ min: 1, max: 40 }),
      nodes: fc.array(
        fc.record({
          type: fc.constantFrom<WorldNode['type']>('MASTER', 'CORE', 'TASK'),
          after: fc.integer({ min: 0, max: 20 }),
          age: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
        }),
        { maxLength: 3 },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((drawn) =>
    drawn.map(({ born, age, nodes, ...rest }, index): Generation => {
      const time = minutesFrom('03:00');
      const endedAt = age === undefined ? undefined : time(born + age);
      return {
        ...rest,
        id: `j-${index}`,
        name: 'etl',
        createdAt: time(born),
        ...(endedAt === undefined ? {} : { endedAt }),
        nodes: nodes
          .map((drawnNode, number): WorldNode => {
            const createdAt = time(born + drawnNode.after);
            const nodeEnd = drawnNode.age === undefined ? undefined : later(createdAt, drawnNode.age);
            // A node ends with its cluster at the latest.
            const ends = [endedAt, nodeEnd].filter((end) => end !== undefined).map((end) => end.getTime());
            return {
              instanceId: `i-${index}-${number}`,
              type: drawnNode.type,
              createdAt,
              ...(ends.length === 0 ? {} : { endedAt: new Date(Math.min(...ends)) }),
            };
          })
          .filter(({ createdAt, endedAt: end }) => end === undefined || end > createdAt),
      };
    }),
  );

/** The events of one tick. */
const someTicks = fc.array(
  fc.record({
    minute: fc.integer({ min: 0, max: 120 }),
    atOnce: fc.integer({ min: 1, max: 3 }),
    isCold: fc.boolean(),
    fault: fc.option(fc.constantFrom('lost put', 'refused put', 'cut read', 'throttled', 'died'), { nil: undefined }),
  }),
  { maxLength: 12 },
);

describe('any generations, and any number of runs', () => {
  it('the published values equal the calculated ones', async () => {
    await fc.assert(
      fc.asyncProperty(someGenerations, someTicks, async (generations, drawnTicks) => {
        world.reset();
        add(generations);
        const progress = createMemoryClusterProgress();
        let ticks = createTicks(world, progress, EMR);
        await ticks.tick(at('03:01'));

        for (const { minute, atOnce, isCold, fault } of drawnTicks.toSorted(
          (one, other) => one.minute - other.minute,
        )) {
          ticks = isCold ? createTicks(world, progress, EMR) : ticks;
          const environments = [ticks, ...Array.from({ length: atOnce - 1 }, () => createTicks(world, progress, EMR))];
          let faults = 0;
          const controller = new AbortController();
          world.setFaults((operation) => {
            const hits = (wanted: string): boolean => {
              faults += Number(operation === wanted);
              return operation === wanted && faults <= 2;
            };
            switch (fault) {
              case 'lost put':
                return hits('PutMetricData') ? { kind: 'cutAfter' } : undefined;
              case 'refused put':
                return hits('PutMetricData') ? { kind: 'error', status: 400, type: 'AccessDenied' } : undefined;
              case 'cut read':
                return hits('GetMetricData') ? { kind: 'cut' } : undefined;
              case 'throttled':
                return hits('ListInstances') ? { kind: 'error', status: 400, type: 'AccessDenied' } : undefined;
              case 'died':
                if (operation === 'PutMetricData') {
                  controller.abort(new Error('died'));
                }
                return undefined;
              default:
                return undefined;
            }
          });
          await Promise.allSettled(environments.map(({ tick }) => tick(later(at('03:01'), minute), controller.signal)));
        }
        world.setFaults(undefined);
        await createTicks(world, progress, EMR).tick(at('05:31'));

        expectSame(readBack(), calculate(generations, at('02:45'), at('05:20')));
      }),
      { numRuns: sizeOf({ usual: 10, long: 400 }) },
    );
  }, 120_000);
});
