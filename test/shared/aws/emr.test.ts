import {
  DescribeClusterCommand,
  EMRClient,
  EMRServiceException,
  InvalidRequestException,
  ListClustersCommand,
  ListInstanceFleetsCommand,
  ListInstanceGroupsCommand,
  ListInstancesCommand,
} from '@aws-sdk/client-emr';
import { describe, expect, it, vi } from 'vitest';
import { createEmr } from '../../../shared/aws/emr.ts';
import { CallsExhausted } from '../../../shared/clusters/call-budget.ts';
import { LIVE_STATES } from '../../../shared/clusters/cluster.ts';
import { at } from '../../support/emr-builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

const emr = mockAws(EMRClient);
const { signal } = new AbortController();

const anEmr = () => {
  const budget = { admit: vi.fn(async () => undefined), close: vi.fn() };
  return { directory: createEmr(budget), budget };
};

const aSummary = (differences: object = {}) => ({
  Id: 'j-1',
  Name: 'etl',
  Status: { State: 'WAITING' as const, Timeline: { CreationDateTime: at('01:00') } },
  ...differences,
});

const throttled = (name: string, httpStatusCode = 400) =>
  new EMRServiceException({ name, message: 'Rate exceeded', $fault: 'client', $metadata: { httpStatusCode } });

describe('listClusters', () => {
  it('follows the marker to the last page, and asks the budget before each', async () => {
    emr
      .on(ListClustersCommand)
      .resolvesOnce({ Clusters: [aSummary()], Marker: 'next' })
      .resolvesOnce({ Clusters: [], Marker: 'after' })
      .resolvesOnce({ Clusters: [aSummary({ Id: 'j-2', Name: '日次' })] });
    const { directory, budget } = anEmr();

    const clusters = await directory.listClusters({ states: LIVE_STATES, createdAfter: at('00:30') }, signal);

    expect(clusters).toEqual([
      { id: 'j-1', name: 'etl', createdAt: at('01:00') },
      { id: 'j-2', name: '日次', createdAt: at('01:00') },
    ]);
    expect(budget.admit.mock.calls).toEqual(Array(3).fill(['ListClusters', signal]));
    expect(emr.commandCalls(ListClustersCommand).map(({ args: [{ input }] }) => input)).toEqual([
      { ClusterStates: LIVE_STATES, CreatedAfter: at('00:30') },
      { ClusterStates: LIVE_STATES, CreatedAfter: at('00:30'), Marker: 'next' },
      { ClusterStates: LIVE_STATES, CreatedAfter: at('00:30'), Marker: 'after' },
    ]);
  });

  it('asks for clusters of any age where no time is given', async () => {
    emr.on(ListClustersCommand, { ClusterStates: ['WAITING'] }).resolves({});

    await expect(anEmr().directory.listClusters({ states: ['WAITING'] }, signal)).resolves.toEqual([]);
    expect(emr.commandCalls(ListClustersCommand)[0]?.args[0].input).not.toHaveProperty('CreatedAfter');
  });

  it.each([
    ['an end', { EndDateTime: at('02:00') }, at('02:00')],
    ['no end', {}, at('01:00')],
  ])('knows when a cluster has ended that has %s', async (_, timeline, endedAt) => {
    const Status = { State: 'TERMINATED' as const, Timeline: { CreationDateTime: at('01:00'), ...timeline } };
    emr.on(ListClustersCommand).resolves({ Clusters: [{ Id: 'j-1', Status }] });

    expect(await anEmr().directory.listClusters({ states: ['TERMINATED'] }, signal)).toEqual([
      { id: 'j-1', name: '', createdAt: at('01:00'), endedAt },
    ]);
  });

  it.each([
    ['the id of a cluster', { Name: 'etl' }],
    ['the creation time of cluster j-1', { Id: 'j-1' }],
  ])('names what is missing: %s', async (what, summary) => {
    emr.on(ListClustersCommand).resolves({ Clusters: [summary] });

    await expect(anEmr().directory.listClusters({ states: LIVE_STATES }, signal)).rejects.toThrow(
      `EMR answered without ${what}`,
    );
  });

  it('ends with an error, and not never, when a marker comes again', async () => {
    emr.on(ListClustersCommand).resolves({ Clusters: [], Marker: 'same' });

    await expect(anEmr().directory.listClusters({ states: LIVE_STATES }, signal)).rejects.toThrow(
      'A page token was repeated',
    );
  });

  it.each([
    ['ThrottlingException', 400],
    ['RequestLimitExceeded', 400],
    ['Unheard', 429],
  ])('closes the budget when EMR throttles: %s, %i', async (name, status) => {
    emr.on(ListClustersCommand).rejects(throttled(name, status));
    const { directory, budget } = anEmr();

    await expect(directory.listClusters({ states: LIVE_STATES }, signal)).rejects.toThrow(
      new CallsExhausted('EMR throttles ListClusters'),
    );
    expect(budget.close).toHaveBeenCalledOnce();
  });

  it('leaves the budget open, and lets the error through, when anything else is wrong', async () => {
    emr.on(ListClustersCommand).rejects(throttled('AccessDeniedException'));
    const { directory, budget } = anEmr();

    await expect(directory.listClusters({ states: LIVE_STATES }, signal)).rejects.toThrow('Rate exceeded');
    expect(budget.close).not.toHaveBeenCalled();
  });

  it('sends nothing that the budget does not admit', async () => {
    const { directory, budget } = anEmr();
    budget.admit.mockRejectedValue(new CallsExhausted('no'));

    await expect(directory.listClusters({ states: LIVE_STATES }, signal)).rejects.toThrow(CallsExhausted);
    expect(emr.calls()).toEqual([]);
  });
});

describe('describeCluster', () => {
  it('tells the tags too', async () => {
    const Tags = [{ Key: 'team', Value: 'ml' }, { Key: 'blank' }, { Value: 'nameless' }];
    emr.on(DescribeClusterCommand, { ClusterId: 'j-1' }).resolves({ Cluster: { ...aSummary(), Tags } });

    expect(await anEmr().directory.describeCluster('j-1', signal)).toEqual({
      id: 'j-1',
      name: 'etl',
      createdAt: at('01:00'),
      tags: { team: 'ml', blank: '' },
    });
  });

  it('knows a cluster without tags', async () => {
    emr.on(DescribeClusterCommand).resolves({ Cluster: aSummary() });

    expect(await anEmr().directory.describeCluster('j-1', signal)).toMatchObject({ tags: {} });
  });

  it('tells that EMR no longer knows a cluster', async () => {
    const error = new InvalidRequestException({ message: "Cluster id 'j-1' is not valid.", $metadata: {} });
    emr.on(DescribeClusterCommand).rejects(error);

    expect(await anEmr().directory.describeCluster('j-1', signal)).toBeUndefined();
  });

  it.each([
    ['an answer without a cluster', { Cluster: undefined }, 'EMR answered without cluster j-1'],
    ['an error', undefined, 'no'],
  ])('rejects with %s', async (_, answer, message) => {
    if (answer === undefined) {
      emr.on(DescribeClusterCommand).rejects(new Error(message));
    } else {
      emr.on(DescribeClusterCommand).resolves(answer);
    }

    await expect(anEmr().directory.describeCluster('j-1', signal)).rejects.toThrow(message);
  });
});

describe('listInstances', () => {
  const anInstance = (differences: object = {}) => ({
    Ec2InstanceId: 'i-1',
    InstanceGroupId: 'ig-1',
    // As some answer for a cluster with groups.
    InstanceFleetId: '',
    Status: { Timeline: { CreationDateTime: at('01:00') } },
    ...differences,
  });

  it('lists instances of groups and of fleets, those that have ended among them, over all pages', async () => {
    const Timeline = { CreationDateTime: at('01:00'), EndDateTime: at('02:00') };
    emr
      .on(ListInstancesCommand, { ClusterId: 'j-1' })
      .resolvesOnce({ Instances: [anInstance()], Marker: 'next' })
      .resolvesOnce({
        Instances: [
          anInstance({
            Ec2InstanceId: 'i-2',
            InstanceGroupId: undefined,
            InstanceFleetId: 'if-1',
            Status: { Timeline },
          }),
        ],
      });

    expect(await anEmr().directory.listInstances('j-1', signal)).toEqual([
      { instanceId: 'i-1', memberOf: { kind: 'group', id: 'ig-1' }, createdAt: at('01:00') },
      { instanceId: 'i-2', memberOf: { kind: 'fleet', id: 'if-1' }, createdAt: at('01:00'), endedAt: at('02:00') },
    ]);
    expect(emr.commandCalls(ListInstancesCommand)[1]?.args[0].input).toEqual({ ClusterId: 'j-1', Marker: 'next' });
  });

  it('leaves out what EMR still waits for', async () => {
    emr
      .on(ListInstancesCommand)
      .resolves({ Instances: [anInstance({ Ec2InstanceId: undefined }), anInstance({ Ec2InstanceId: '' })] });

    expect(await anEmr().directory.listInstances('j-1', signal)).toEqual([]);
  });

  it('knows a cluster without nodes', async () => {
    emr.on(ListInstancesCommand).resolves({});

    expect(await anEmr().directory.listInstances('j-1', signal)).toEqual([]);
  });

  it('names the instance that belongs to nothing', async () => {
    emr.on(ListInstancesCommand).resolves({ Instances: [anInstance({ InstanceGroupId: undefined })] });

    await expect(anEmr().directory.listInstances('j-1', signal)).rejects.toThrow(
      'EMR answered without the group or fleet of instance i-1',
    );
  });
});

describe('listRoles', () => {
  it('tells the roles of groups', async () => {
    emr
      .on(ListInstanceGroupsCommand, { ClusterId: 'j-1' })
      .resolvesOnce({ InstanceGroups: [{ Id: 'ig-1', InstanceGroupType: 'MASTER' }], Marker: 'next' })
      .resolvesOnce({
        InstanceGroups: [
          { Id: 'ig-2', InstanceGroupType: 'CORE' },
          { Id: 'ig-3', InstanceGroupType: 'TASK' },
          { Id: 'ig-4' },
          { InstanceGroupType: 'TASK' },
        ],
      });

    expect(await anEmr().directory.listRoles('j-1', 'group', signal)).toEqual(
      new Map([
        ['ig-1', 'primary'],
        ['ig-2', 'core'],
        ['ig-3', 'task'],
      ]),
    );
  });

  it('tells the roles of fleets', async () => {
    emr
      .on(ListInstanceFleetsCommand, { ClusterId: 'j-1' })
      .resolves({ InstanceFleets: [{ Id: 'if-1', InstanceFleetType: 'MASTER' }] });

    expect(await anEmr().directory.listRoles('j-1', 'fleet', signal)).toEqual(new Map([['if-1', 'primary']]));
  });

  it.each(['group', 'fleet'] as const)('tells of no %s where there is none', async (kind) => {
    emr.on(ListInstanceGroupsCommand).resolves({});
    emr.on(ListInstanceFleetsCommand).resolves({});

    expect(await anEmr().directory.listRoles('j-1', kind, signal)).toEqual(new Map());
  });
});
