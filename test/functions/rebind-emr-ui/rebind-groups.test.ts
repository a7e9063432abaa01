import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Tick } from '../../../functions/rebind-emr-ui/tick-result.ts';
import type { Health } from '../../../shared/clusters/targets.ts';
import {
  aStubCluster,
  aStubGroup,
  createElbStub,
  type StubCall,
  type StubFault,
  type StubGroup,
  THROTTLE,
} from '../../support/elb-stub.ts';
import { createMemoryRecords, createRebinding } from '../../support/rebinding.ts';
import { sizeOf } from '../../support/test-size.ts';
import { useStub } from '../../support/use-stub.ts';

const world = useStub(createElbStub(), ['EMR', 'EC2', 'ELASTIC_LOAD_BALANCING_V2']);

let records = createMemoryRecords();
let rebinding = createRebinding(records);

beforeEach(() => {
  world.reset();
  records = createMemoryRecords();
  rebinding = createRebinding(records);
});

const tick = (...scope: Parameters<typeof rebinding.tick>): Promise<Tick> => rebinding.tick(...scope);

const addGroup = (group: Parameters<typeof aStubGroup>[0] = {}): StubGroup => {
  const made = aStubGroup(group);
  world.groups.set(made.arn, made);
  return made;
};

const OURS = aStubGroup().arn;

const primary = (number: number) => ({ instanceId: `i-${number}`, address: `10.0.0.${number}` });

/** Starts a cluster with one primary node, `i-<number>` at `10.0.0.<number>`. */
const start = (number: number, cluster: Parameters<typeof aStubCluster>[0] = {}) =>
  world.startCluster(aStubCluster({ id: `j-${number}`, primaries: [primary(number)], ...cluster }));

/** Faults the calls of one operation, a number of times. */
const failing = (operation: string, fault: StubFault, times = Number.POSITIVE_INFINITY) => {
  let left = times;
  world.setFault((call) => {
    if (call.operation !== operation || left === 0) return undefined;
    left -= 1;
    return fault;
  });
};

const problems = ({ problems: found }: Tick): string[] => found.map(({ what }) => what);

const operations = (): string[] => world.calls.map(({ operation }) => operation);

const targets = (): string[] => world.targetsIn(OURS);

/** Does a tick, lets time pass, and so on. */
const ticks = async (count: number): Promise<Tick[]> => {
  const done: Tick[] = [];
  for (let number = 0; number < count; number += 1) {
    done.push(await tick());
    world.pass();
  }
  return done;
};

describe.each(['instance', 'ip'] as const)('a group of type %s', (targetType) => {
  const key = (number: number, port = 8088): string =>
    targetType === 'instance' ? `i-${number}:${port}` : `10.0.0.${number}:${port}`;

  it('is bound to the primary node, and left alone from then on', async () => {
    addGroup({ targetType });
    start(1);

    const first = await tick();
    world.pass();
    world.calls.length = 0;
    const [second] = await ticks(1);

    expect(targets()).toEqual([key(1)]);
    expect(first.bindings).toMatchObject([{ bound: 1, healthy: 0, isExpected: true, cluster: { id: 'j-1' } }]);
    expect(second?.bindings).toMatchObject([{ bound: 1, healthy: 1, isExpected: true }]);
    expect([...first.problems, ...(second?.problems ?? [])]).toEqual([]);
    expect(operations().toSorted()).toEqual([
      'DescribeTags',
      'DescribeTargetGroups',
      'DescribeTargetHealth',
      'ListClusters',
    ]);
  });

  it('follows to a new cluster of the name, and keeps the old one until the new one answers', async () => {
    addGroup({ targetType });
    start(1);
    await ticks(2);
    start(2);
    world.setHealth((id) => (id.endsWith('2') ? 'unhealthy' : 'healthy'));

    const [, , unanswered] = await ticks(3);
    const meanwhile = targets();
    world.setHealth(() => 'healthy');
    await ticks(2);

    expect(meanwhile).toEqual([key(1), key(2)]);
    // The old one still answers, and is not what should be seen.
    expect(unanswered?.bindings).toMatchObject([{ bound: 2, healthy: 0, isExpected: true }]);
    expect(targets()).toEqual([key(2)]);
  });

  it('is unbound when the cluster has ended, even from the last target', async () => {
    addGroup({ targetType });
    start(1);
    await ticks(2);

    world.endCluster('j-1');
    const [after] = await ticks(1);

    expect(targets()).toEqual([]);
    expect(after?.bindings).toMatchObject([
      {
        bound: 0,
        isExpected: false,
        reason: 'No cluster of the name is ready',
        plan: { deregister: [{ reason: 'dead' }] },
      },
    ]);
    expect(after?.problems).toEqual([]);
  });

  it('is not rid of its targets by an empty answer of EMR', async () => {
    addGroup({ targetType });
    start(1);
    await ticks(2);
    world.calls.length = 0;

    for (const operation of ['ListClusters', 'ListInstances']) {
      failing(operation, { kind: 'empty' });
      rebinding = createRebinding(records);
      await ticks(2);
    }

    expect(targets()).toEqual([key(1)]);
    expect(world.writes()).toEqual([]);
  });
});

describe('groups of others', () => {
  it('cost no call of EMR where none is ours', async () => {
    addGroup({ tags: {} });
    start(1);

    expect(await tick()).toEqual({ bindings: [], unread: [], missing: [], problems: [] });
    expect(operations()).toEqual(['DescribeTargetGroups', 'DescribeTags']);
  });
});

describe('three primary nodes', () => {
  const three = { primaries: [primary(1), primary(2), primary(3)] };

  it.each(['instance', 'ip'] as const)(
    'lose one, which the node that takes its place follows in a group of type %s',
    async (targetType) => {
      addGroup({ targetType });
      const cluster = start(1, three);
      await ticks(2);
      const replacement = { instanceId: 'i-4', address: '10.0.0.2' };
      cluster.primaries = [
        primary(1),
        { ...primary(2), state: 'TERMINATED' },
        primary(3),
        { ...replacement, state: 'BOOTSTRAPPING' },
      ];
      world.instances.get('i-2')!.state = 'terminated';
      world.instances.set('i-4', { state: 'running', vpcId: 'vpc-1', address: '10.0.0.2', clusterId: 'j-1' });

      const [meanwhile] = await ticks(1);
      const between = targets();
      cluster.primaries = [primary(1), { ...primary(2), state: 'TERMINATED' }, primary(3), replacement];
      await ticks(2);

      expect(meanwhile?.problems).toEqual([]);
      expect(between).toEqual(
        targetType === 'instance' ? ['i-1:8088', 'i-3:8088'] : ['10.0.0.1:8088', '10.0.0.3:8088'],
      );
      expect(targets()).toEqual(
        targetType === 'instance'
          ? ['i-1:8088', 'i-3:8088', 'i-4:8088']
          : ['10.0.0.1:8088', '10.0.0.2:8088', '10.0.0.3:8088'],
      );
      expect(records.kept.get(OURS)?.find(({ id }) => id === '10.0.0.2' || id === 'i-4')?.instanceId).toBe('i-4');
    },
  );
});

describe('an interface', () => {
  it('that is not defined is a problem, and costs no other', async () => {
    addGroup({ arn: `${OURS}-odd`, tags: { 'breakaway:cluster': 'etl', 'breakaway:ui': 'zeppelin' } });
    addGroup();
    start(1);

    const [done] = await ticks(1);

    expect(problems(done!)).toEqual(['UI unknown']);
    expect(targets()).toEqual(['i-1:8088']);
  });
});

describe('logical clusters', () => {
  it('are found by pattern, and by tags where it takes them', async () => {
    rebinding = createRebinding(records, {
      selectors: [
        { kind: 'pattern', pattern: 'etl-*', name: 'etl' },
        { kind: 'tag', key: 'team', value: 'ml', name: 'training' },
      ],
    });
    addGroup();
    const training = addGroup({
      arn: `${OURS}-training`,
      tags: { 'breakaway:cluster': 'training', 'breakaway:ui': 'yarn-resource-manager' },
    });
    start(1, { name: 'etl-2026-11-22' });
    start(2, { name: 'whatever', tags: { team: 'ml' } });
    start(3, { name: 'nobodys' });

    const [done] = await ticks(1);

    expect([targets(), world.targetsIn(training.arn)]).toEqual([['i-1:8088'], ['i-2:8088']]);
    expect(done?.problems).toEqual([]);
  });
});

describe('a state change', () => {
  it('is about the groups of its cluster only', async () => {
    addGroup();
    const other = addGroup({
      arn: `${OURS}-other`,
      tags: { 'breakaway:cluster': 'adhoc', 'breakaway:ui': 'yarn-resource-manager' },
    });
    start(1);
    start(2, { name: 'adhoc' });

    await tick({ changed: { id: 'j-2', name: 'adhoc' } });

    expect([targets(), world.targetsIn(other.arn)]).toEqual([[], ['i-2:8088']]);
  });

  it('of the older of two clusters changes nothing', async () => {
    addGroup();
    start(1);
    start(2);
    await ticks(2);

    await tick({ changed: { id: 'j-1', name: 'etl' } });

    expect(targets()).toEqual(['i-2:8088']);
  });

  it('of a cluster without interfaces costs EMR nothing', async () => {
    addGroup();
    start(1);

    const { bindings } = await tick({ changed: { id: 'j-7', name: 'nightly' } });

    expect(bindings).toEqual([]);
    expect(operations()).not.toContain('ListClusters');
  });
});

describe('a dry run', () => {
  it('plans, and changes nothing', async () => {
    addGroup();
    start(1);

    const { bindings } = await tick({ isDry: true });

    expect(bindings).toMatchObject([{ plan: { register: [{ id: 'i-1', port: 8088 }] }, bound: 0 }]);
    expect(world.writes()).toEqual([]);
    expect(records.kept.size).toBe(0);
  });
});

describe('the answers of EMR and EC2', () => {
  const bound = async (): Promise<void> => {
    addGroup();
    start(1);
    await ticks(2);
  };

  it('change nothing while EMR throttles, and the next tick continues', async () => {
    await bound();
    start(2);
    failing('ListClusters', THROTTLE);
    world.calls.length = 0;

    const [throttled] = await ticks(1);
    const meanwhile = targets();
    const writes = world.writes();
    world.setFault(() => undefined);
    await ticks(2);

    expect(problems(throttled!)).toEqual(['Live cluster not determined', 'Target state not determined']);
    expect([meanwhile, writes]).toEqual([['i-1:8088'], []]);
    expect(targets()).toEqual(['i-2:8088']);
  });

  it('are remembered where they cannot change', async () => {
    await bound();
    world.calls.length = 0;

    await ticks(10);

    const asked = operations().filter((operation) => /Cluster|Instances/.test(operation));
    expect(asked).toEqual(Array.from({ length: 10 }, () => 'ListClusters'));
  });
});

describe('an address', () => {
  const addressGroup = () => addGroup({ targetType: 'ip' });

  it('that the next cluster of the name has got stays', async () => {
    addressGroup();
    start(1);
    await ticks(2);
    world.endCluster('j-1');
    start(2, { primaries: [{ instanceId: 'i-2', address: '10.0.0.1' }] });
    world.calls.length = 0;

    await ticks(2);

    expect(targets()).toEqual(['10.0.0.1:8088']);
    expect(world.writes()).toEqual([]);
    expect(records.kept.get(OURS)).toEqual([{ id: '10.0.0.1', port: 8088, clusterId: 'j-2', instanceId: 'i-2' }]);
  });
});

describe('the load balancer’s faults', () => {
  it.each<[string, StubFault, number]>([
    ['is lost', { kind: 'cutAfter' }, 1],
    ['is lost again and again', { kind: 'cutAfter' }, 3],
    ['is a throttle', THROTTLE, 3],
    ['never comes, since the request did not get there', { kind: 'cut' }, 3],
  ])('heal by themselves: the answer to RegisterTargets %s', async (_, fault, times) => {
    addGroup();
    start(1);
    failing('RegisterTargets', fault, times);

    await ticks(3);

    expect(targets()).toEqual(['i-1:8088']);
    expect(records.kept.get(OURS)).toEqual([{ id: 'i-1', port: 8088, clusterId: 'j-1', instanceId: 'i-1' }]);
  });

  it.each<[string, StubFault, string[]]>([
    ['which does not get there', { kind: 'cut' }, ['i-1:8088', 'i-2:8088']],
    ['whose answer nobody reads', { kind: 'cutAfter' }, ['i-2:8088']],
  ])('heal by themselves: death between RegisterTargets and DeregisterTargets, %s', async (_, fault, left) => {
    addGroup();
    start(1);
    await ticks(2);
    world.endCluster('j-1');
    start(2);
    const death = new AbortController();
    world.setFault(({ operation }) => {
      if (operation !== 'DeregisterTargets') return undefined;
      death.abort(new Error('The process is gone'));
      return fault;
    });

    await tick({}, death.signal);
    const between = targets();
    world.setFault(() => undefined);
    rebinding = createRebinding(records);
    world.pass();
    await ticks(2);

    expect(between).toEqual(left);
    expect(targets()).toEqual(['i-2:8088']);
    expect(records.kept.get(OURS)).toEqual([{ id: 'i-2', port: 8088, clusterId: 'j-2', instanceId: 'i-2' }]);
  });

  it('cost no other group: one that cannot be read is a problem', async () => {
    addGroup();
    const other = addGroup({ arn: `${OURS}-other` });
    start(1);
    world.setFault(({ operation, input }) =>
      operation === 'DescribeTargetHealth' && input['TargetGroupArn'] === other.arn ? THROTTLE : undefined,
    );

    const [done] = await ticks(1);

    expect(targets()).toEqual(['i-1:8088']);
    expect(done).toMatchObject({
      problems: [{ what: 'Targets not read', about: other.arn }],
      unread: [{ arn: other.arn }],
    });
  });

  it('end the tick where not even the groups can be listed', async () => {
    addGroup();
    failing('DescribeTargetGroups', { kind: 'error', code: 'AccessDenied', status: 403 });

    await expect(tick()).rejects.toThrow('AccessDenied');
  });
});

describe('the ledger’s faults', () => {
  it('keep nothing from being bound, and nothing that is remembered is lost', async () => {
    addGroup({ targetType: 'ip' });
    start(1);
    await ticks(2);
    const remembered = structuredClone(records.kept);
    records.fail('read');
    start(2);

    const [done] = await ticks(1);

    expect(problems(done!)).toEqual(['Records not read']);
    expect(targets()).toEqual(['10.0.0.1:8088', '10.0.0.2:8088']);
    expect(records.kept).toEqual(remembered);
  });
});

describe('any story of clusters, health and faults', () => {
  const OPERATIONS = [
    'DescribeTargetGroups',
    'DescribeTags',
    'DescribeTargetHealth',
    'RegisterTargets',
    'DeregisterTargets',
    'ListClusters',
    'DescribeCluster',
    'ListInstances',
    'DescribeInstances',
  ];
  // A refusal is not tried again by the SDK, which keeps the story short.
  const aFault = fc.constantFrom<StubFault>({ kind: 'error', code: 'AccessDenied', status: 403 }, { kind: 'empty' });
  const aStep = fc.oneof(
    { weight: 2, arbitrary: fc.constant({ kind: 'start' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'end' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'new environment' as const }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('faults' as const),
        operations: fc.subarray(OPERATIONS),
        fault: aFault,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('health' as const),
        even: fc.constantFrom<Health>('healthy', 'unhealthy', 'unavailable'),
        odd: fc.constantFrom<Health>('healthy', 'unhealthy', 'unavailable'),
      }),
    },
  );

  it.each(['instance', 'ip'] as const)(
    'ends with exactly the wanted targets, and touches nothing foreign, in a group of type %s',
    async (targetType) => {
      await fc.assert(
        fc.asyncProperty(fc.array(aStep, { maxLength: 10 }), async (steps) => {
          world.reset();
          records = createMemoryRecords();
          rebinding = createRebinding(records);
          addGroup({ targetType });
          const foreign = addGroup({ arn: `${OURS}-foreign`, targetType, tags: {} });
          foreign.targets.set('i-99:80', { id: 'i-99', port: 80, health: 'healthy' });
          const living: number[] = [];
          let number = 0;
          const isLive = (key: string): boolean =>
            living.some((live) => key === (targetType === 'instance' ? `i-${live}:8088` : `10.0.0.${live % 3}:8088`));

          for (const step of steps) {
            if (step.kind === 'start') {
              number += 1;
              living.push(number);
              // Few addresses, so that they are used again; those that live have different ones.
              if (living.filter((live) => live % 3 === number % 3).length === 1) {
                start(number, { primaries: [{ instanceId: `i-${number}`, address: `10.0.0.${number % 3}` }] });
              } else {
                living.pop();
              }
            } else if (step.kind === 'end') {
              const ended = living.shift();
              if (ended !== undefined) world.endCluster(`j-${ended}`);
            } else if (step.kind === 'new environment') {
              rebinding = createRebinding(records);
            } else if (step.kind === 'health') {
              world.setHealth((id) => (Number(/\d+$/.exec(id)?.[0]) % 2 === 0 ? step.even : step.odd));
            } else {
              world.setFault(({ operation }: StubCall) =>
                step.operations.includes(operation) ? step.fault : undefined,
              );
            }
            const before = [...world.groups.get(OURS)!.targets]
              .filter(([key, { health }]) => health === 'healthy' && isLive(key))
              .map(([key]) => key);
            await tick().catch(() => undefined);
            const after = targets();
            expect(before.some((key) => after.includes(key)) || before.length === 0).toBe(true);
            world.pass();
          }
          world.setFault(() => undefined);
          world.setHealth(() => 'healthy');
          rebinding = createRebinding(records);
          await ticks(4);

          const newest = living.at(-1);
          const wanted =
            newest === undefined ? [] : [targetType === 'instance' ? `i-${newest}:8088` : `10.0.0.${newest % 3}:8088`];
          expect(targets()).toEqual(wanted);
          expect(world.targetsIn(foreign.arn)).toEqual(['i-99:80']);
        }),
        { numRuns: sizeOf({ usual: 10, long: 400 }) },
      );
    },
    60_000,
  );
});
