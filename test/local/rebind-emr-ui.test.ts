import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { EMRClient, ListInstancesCommand, RunJobFlowCommand, TerminateJobFlowsCommand } from '@aws-sdk/client-emr';
import {
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
  ListTargetsByRuleCommand,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clientSettings, ROOT } from '../../local/local-aws.ts';
import { STACK } from '../../local/stack-names.ts';

const run = promisify(execFile);
const { endpoint, batchEndpoint, environment } = inject('localAws');

const elb = new ElasticLoadBalancingV2Client(clientSettings(batchEndpoint));
const emr = new EMRClient(clientSettings(batchEndpoint));
const ec2 = new EC2Client(clientSettings(batchEndpoint));
const lambdas = new LambdaClient(clientSettings(endpoint));
const events = new EventBridgeClient(clientSettings(endpoint));
const cloudWatch = new CloudWatchClient(clientSettings(endpoint));

type Cluster = { readonly id: string; readonly instanceId: string; readonly address: string };

const startCluster = async (name: string, release = 'emr-7.5.0'): Promise<Cluster> => {
  const { JobFlowId: id = '' } = await emr.send(
    new RunJobFlowCommand({
      Name: name,
      ReleaseLabel: release,
      Applications: [{ Name: 'Hadoop' }, { Name: 'Spark' }],
      Instances: {
        KeepJobFlowAliveWhenNoSteps: true,
        InstanceGroups: [
          { InstanceRole: 'MASTER', InstanceType: 'm5.xlarge', InstanceCount: 1 },
          { InstanceRole: 'CORE', InstanceType: 'm5.xlarge', InstanceCount: 2 },
        ],
      },
    }),
  );
  const { Instances: [primary] = [] } = await emr.send(
    new ListInstancesCommand({ ClusterId: id, InstanceGroupTypes: ['MASTER'] }),
  );
  return { id, instanceId: primary?.Ec2InstanceId ?? '', address: primary?.PrivateIpAddress ?? '' };
};

const endCluster = async ({ id }: Cluster): Promise<void> => {
  await emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [id] }));
};

const subnets = async () => {
  const { Subnets: found = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  return found.map(({ SubnetId: id = '', VpcId: vpcId = '' }) => ({ id, vpcId }));
};

const addGroup = async (tags: Readonly<Record<string, string>>, type: 'instance' | 'ip' = 'instance') => {
  const { TargetGroups: [group] = [] } = await elb.send(
    new CreateTargetGroupCommand({
      Name: `g-${randomUUID().slice(0, 18)}`,
      Protocol: 'HTTP',
      Port: 80,
      VpcId: (await subnets())[0]?.vpcId,
      TargetType: type,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  return group?.TargetGroupArn ?? '';
};

/** Leads requests to a group, so that its targets have a health. */
const use = async (groupArn: string): Promise<void> => {
  const { LoadBalancers: [balancer] = [] } = await elb.send(
    new CreateLoadBalancerCommand({
      Name: `b-${randomUUID().slice(0, 18)}`,
      Subnets: (await subnets()).slice(0, 2).map(({ id }) => id),
    }),
  );
  await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: balancer?.LoadBalancerArn,
      Protocol: 'HTTP',
      Port: 80,
      DefaultActions: [{ Type: 'forward', TargetGroupArn: groupArn }],
    }),
  );
};

const targetsIn = async (groupArn: string): Promise<string[]> => {
  const { TargetHealthDescriptions: targets = [] } = await elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: groupArn }),
  );
  return targets.map(({ Target }) => `${Target?.Id}:${Target?.Port}`).toSorted();
};

/** Invokes the deployed function, as the schedule does. */
const tick = async (event: object = {}) => {
  const { Payload: payload, FunctionError: error } = await lambdas.send(
    new InvokeCommand({ FunctionName: `${STACK}-rebind-emr-ui`, Payload: JSON.stringify(event) }),
  );
  const answer = JSON.parse(Buffer.from(payload ?? []).toString());
  expect({ error, answer }).toMatchObject({ error: undefined });
  return answer;
};

// A tick of the schedule would do the work of a dry run.
beforeAll(async () => {
  await events.send(new DisableRuleCommand({ Name: `${STACK}-rebind-emr-ui` }));
});
afterAll(async () => {
  await events.send(new EnableRuleCommand({ Name: `${STACK}-rebind-emr-ui` }));
});

const yarnOf = (cluster: string) => ({ 'breakaway:cluster': cluster, 'breakaway:ui': 'yarn-resource-manager' });

describe.each(['instance', 'ip'] as const)('a deployed rebind-emr-ui, with a group of type %s', (type) => {
  const keyOf = ({ instanceId, address }: Cluster): string => `${type === 'instance' ? instanceId : address}:8088`;

  it('binds a cluster, rebinds to the next of its name, unbinds when that has ended, and touches no group of others', async () => {
    const name = `etl-${randomUUID()}`;
    const ours = await addGroup(yarnOf(name), type);
    const theirs = await addGroup({ 'breakaway:cluster': name }, type);
    await use(ours);
    const first = await startCluster(name);
    await elb.send(
      new RegisterTargetsCommand({
        TargetGroupArn: theirs,
        Targets: [{ Id: type === 'instance' ? first.instanceId : first.address, Port: 8088 }],
      }),
    );

    await tick();
    const bound = await targetsIn(ours);
    const second = await startCluster(name);
    await tick();
    await tick();
    const rebound = await targetsIn(ours);
    await endCluster(first);
    await endCluster(second);
    await tick();

    expect(bound).toEqual([keyOf(first)]);
    expect(rebound).toEqual([keyOf(second)]);
    expect(await targetsIn(ours)).toEqual([]);
    expect(await targetsIn(theirs)).toEqual([keyOf(first)]);
  });
});

describe('a deployed rebind-emr-ui', () => {
  it('is started by the events of EMR, and acts on the cluster of one', async () => {
    const name = `etl-${randomUUID()}`;
    const group = await addGroup({ 'breakaway:cluster': name, 'breakaway:ui': 'hdfs-namenode' });
    const { id, instanceId } = await startCluster(name, 'emr-5.36.2');
    const sample = JSON.parse(await readFile(join(ROOT, 'events/rebind-emr-ui-waiting.json'), 'utf8'));
    const { _source: _, ...event } = { ...sample, detail: { ...sample.detail, name, clusterId: id } };
    // Nobody but AWS may put an event of AWS on the bus.
    const rule = `${STACK}-rebind-emr-ui-changes`;
    const { EventPattern: pattern } = await events.send(new DescribeRuleCommand({ Name: rule }));
    const { Targets: targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: rule }));
    const { Result: isTaken } = await events.send(
      new TestEventPatternCommand({ EventPattern: pattern, Event: JSON.stringify(event) }),
    );

    const { bindings } = await tick(event);

    expect(isTaken).toBe(true);
    expect(targets.map(({ Arn }) => Arn)).toEqual([expect.stringMatching(/:function:breakaway-local-rebind-emr-ui$/)]);
    expect(bindings).toMatchObject([{ cluster: name, clusterId: id }]);
    expect(await targetsIn(group)).toEqual([`${instanceId}:50070`]);
  });

  it('publishes what is bound and what answers', async () => {
    const name = `etl-${randomUUID()}`;
    await use(await addGroup(yarnOf(name)));
    await startCluster(name);

    await tick();
    await tick();

    const { Metrics: metrics = [] } = await cloudWatch.send(
      new ListMetricsCommand({ Namespace: 'Breakaway', Dimensions: [{ Name: 'ClusterName', Value: name }] }),
    );
    expect(metrics.map(({ MetricName }) => MetricName).toSorted()).toEqual(['BoundTargets', 'HealthyTargets']);
  });

  it('changes nothing in a dry run', async () => {
    const name = `etl-${randomUUID()}`;
    const group = await addGroup(yarnOf(name));
    const { instanceId } = await startCluster(name);

    const { bindings } = await tick({
      dryRun: true,
      'detail-type': 'EMR Cluster State Change',
      detail: { clusterId: 'j-1', name },
    });

    expect(bindings).toMatchObject([{ targetGroup: group, register: [`${instanceId}:8088`], bound: 0 }]);
    expect(await targetsIn(group)).toEqual([]);
  });
});

describe('serverless invoke local', () => {
  it('binds the cluster of an event of events/, and prints what it did', async () => {
    const group = await addGroup(yarnOf('recommendation'));
    const { instanceId } = await startCluster('recommendation-20261122');

    const { stdout } = await run(
      'node_modules/.bin/serverless',
      ['invoke', 'local', '-f', 'rebindEmrUi', '-p', 'events/rebind-emr-ui-waiting.json'],
      {
        cwd: ROOT,
        env: { ...environment, HOME: '/nowhere', PATH: `${dirname(process.execPath)}:/usr/bin:/bin` },
        timeout: 120_000,
      },
    );

    expect(stdout).toContain(`"targetGroup": "${group}"`);
    expect(await targetsIn(group)).toEqual([`${instanceId}:8088`]);
  });
});
