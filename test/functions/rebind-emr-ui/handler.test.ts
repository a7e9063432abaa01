import { readFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { captureOutput } from '../../support/captured-output.ts';
import { aStubCluster, aStubGroup, createElbStub, THROTTLE } from '../../support/elb-stub.ts';
import { lambdaContext } from '../../support/lambda-context.ts';
import { useStub } from '../../support/use-stub.ts';

vi.mock('breakaway:configuration', () => ({
  emr: { clusters: [{ kind: 'pattern', pattern: 'recommendation-*', name: 'recommendation' }] },
  uis: { defined: [], clusterUis: [{ cluster: 'recommendation', ui: 'hue' }] },
}));

const world = useStub(createElbStub(), ['EMR', 'EC2', 'ELASTIC_LOAD_BALANCING_V2', 'DYNAMODB', 'CLOUDWATCH']);
const output = captureOutput();

let handler: typeof import('../../../functions/rebind-emr-ui/handler.ts').handler;

const load = async (): Promise<void> => {
  vi.resetModules();
  ({ handler } = await import('../../../functions/rebind-emr-ui/handler.ts'));
};

beforeAll(() => {
  vi.stubEnv('AWS_DISABLE_REQUEST_COMPRESSION', 'true');
  vi.stubEnv('STAGE', 'test');
  vi.stubEnv('LEDGER_TABLE', 'ledger');
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'rebind-emr-ui');
});
beforeEach(async () => {
  world.reset();
  await load();
});

const eventOf = (name: string): object => JSON.parse(readFileSync(`events/rebind-emr-ui-${name}.json`, 'utf8'));

const run = (event: unknown) => handler(event, lambdaContext());

const OURS = aStubGroup().arn;

/** A group and a cluster of the name that the events are about. */
const prepare = (): void => {
  world.groups.set(
    OURS,
    aStubGroup({ tags: { 'breakaway:cluster': 'recommendation', 'breakaway:ui': 'yarn-resource-manager' } }),
  );
  world.startCluster(aStubCluster({ id: 'j-1BREAKAWAY0001', name: 'recommendation-20261122' }));
};

const messages = () => output.logs().map(({ level, message }) => `${level} ${message}`);

const published = () =>
  world.metrics.map(({ MetricName, Value, Dimensions }) => ({
    MetricName,
    Value,
    ...Object.fromEntries(
      (Dimensions as { Name: string; Value: string }[]).map(({ Name, Value: value }) => [Name, value]),
    ),
  }));

describe('the handler of rebind-emr-ui', () => {
  it('binds the cluster of an EMR event, and says so', async () => {
    prepare();

    const result = await run(eventOf('waiting'));

    expect(world.targetsIn(OURS)).toEqual(['i-1:8088']);
    expect(result).toEqual({
      dryRun: false,
      bindings: [
        {
          cluster: 'recommendation',
          ui: 'yarn-resource-manager',
          targetGroup: OURS,
          clusterId: 'j-1BREAKAWAY0001',
          register: ['i-1:8088'],
          deregister: [],
          leave: [],
          bound: 1,
          healthy: 0,
        },
      ],
    });
    expect(messages()).toEqual(['INFO Binding changed', 'INFO Target groups reconciled']);
    expect([...world.items.values()]).toEqual([
      {
        pk: { S: 'BINDING' },
        sk: { S: OURS },
        targets: { S: '[{"id":"i-1","port":8088,"clusterId":"j-1BREAKAWAY0001","instanceId":"i-1"}]' },
      },
    ]);
  });

  it('publishes the bound and the healthy targets', async () => {
    prepare();
    await run(eventOf('schedule'));
    world.pass();
    world.metrics.length = 0;

    await run(eventOf('schedule'));

    const dimensions = { ClusterName: 'recommendation', Ui: 'yarn-resource-manager' };
    expect(published()).toEqual([
      { MetricName: 'BoundTargets', Value: 1, ...dimensions },
      { MetricName: 'HealthyTargets', Value: 1, ...dimensions },
      // The cluster was started without it.
      { MetricName: 'BoundTargets', Value: 0, ClusterName: 'recommendation', Ui: 'hue' },
    ]);
    expect(messages().slice(3)).toEqual(['WARN User interface without target group', 'INFO Target groups reconciled']);
  });

  it('prints the plan of a dry run, and changes nothing at all', async () => {
    prepare();

    const result = await run(eventOf('dry-run'));

    expect(result).toMatchObject({ dryRun: true, bindings: [{ register: ['i-1:8088'], bound: 0 }] });
    expect(messages()).toEqual([
      'INFO Binding planned',
      'WARN User interface without target group',
      'INFO Target groups reconciled',
    ]);
    expect([world.writes(), world.items.size, world.metrics]).toEqual([[], 0, []]);
  });

  it('logs two clusters of one name, an ended cluster, and a group in no rule', async () => {
    prepare();
    world.groups.get(OURS)!.inUse = false;
    await run({});
    world.endCluster('j-1BREAKAWAY0001');
    world.startCluster(
      aStubCluster({
        id: 'j-2',
        name: 'recommendation-20261122',
        primaries: [{ instanceId: 'i-2', address: '10.0.0.2' }],
      }),
    );
    world.startCluster(
      aStubCluster({
        id: 'j-3',
        name: 'recommendation-20261122',
        primaries: [{ instanceId: 'i-3', address: '10.0.0.3' }],
      }),
    );

    const result = await run(eventOf('terminated'));
    world.pass();
    await run({});

    expect(result).toMatchObject({
      bindings: [
        {
          clusterId: 'j-3',
          others: ['j-2'],
          register: ['i-3:8088'],
          deregister: [{ target: 'i-1:8088', why: 'dead' }],
        },
      ],
    });
    const logs = output.logs();
    expect(logs.find(({ message }) => message === 'Newest of several clusters bound')).toMatchObject({
      level: 'WARN',
      cluster: 'recommendation',
      clusterId: 'j-3',
      others: ['j-2'],
    });
    expect(messages()).toContain('WARN Target group in no rule');
    const values = published().filter(({ MetricName }) => MetricName === 'HealthyTargets');
    expect(values.length).toBeGreaterThan(0);
    expect(new Set(values.map(({ Value }) => Value))).toEqual(new Set([0]));
  });

  it('returns why no target is wanted, and which are left', async () => {
    prepare();
    await run({});
    world.pass();
    world.clusters.get('j-1BREAKAWAY0001')!.state = 'TERMINATING';

    const result = await run({ dryRun: true });

    expect(result).toMatchObject({
      bindings: [
        {
          reason: 'No cluster of the name is ready',
          leave: [{ target: 'i-1:8088', health: 'healthy', why: 'not replaced yet' }],
        },
      ],
    });
  });

  it('ends with an error that names no more than how much failed, and has logged each problem', async () => {
    prepare();
    world.setFault(({ operation }) => (operation === 'ListClusters' ? THROTTLE : undefined));

    await expect(run({})).rejects.toThrow(
      'Rebinding incomplete: 1 problems; each is logged, and the next tick tries again',
    );

    const error = output.logs().find(({ message }) => message === 'Live cluster not determined');
    expect(error).toMatchObject({
      level: 'ERROR',
      about: 'recommendation',
      error: { name: 'CallsExhausted', message: 'EMR throttles ListClusters' },
    });
    expect(published()).toMatchObject([
      { MetricName: 'BoundTargets', Value: 0, Ui: 'yarn-resource-manager' },
      { MetricName: 'BoundTargets', Value: 0, Ui: 'hue' },
    ]);
  });

  it('rejects an event that it does not know', async () => {
    await expect(run({ 'detail-type': 'Object Created' })).rejects.toThrow('Event field detail-type');
    expect(world.calls).toEqual([]);
  });

  it('does nothing but dry runs where the environment says so', async () => {
    prepare();
    vi.stubEnv('DRY_RUN', 'true');
    // A configuration that says nothing of clusters and interfaces.
    vi.doMock('breakaway:configuration', () => ({ emr: undefined, uis: undefined }));
    await load();

    const result = await run(eventOf('waiting'));
    vi.stubEnv('DRY_RUN', undefined);

    expect(result).toMatchObject({ dryRun: true });
    expect(world.writes()).toEqual([]);
  });

  it('stops at its start where DRY_RUN is neither true nor false', async () => {
    vi.stubEnv('DRY_RUN', 'yes');

    await expect(load()).rejects.toThrow('Environment variable DRY_RUN is neither true nor false');

    vi.stubEnv('DRY_RUN', undefined);
  });
});
