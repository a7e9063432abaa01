import {
  DescribeClusterCommand,
  EMRClient,
  InvalidRequestException,
  ListClustersCommand,
  ListInstancesCommand,
} from '@aws-sdk/client-emr';
import { describe, expect, it, vi } from 'vitest';
import { createEmrPrimaries } from '../../../shared/aws/emr-primaries.ts';
import { at } from '../../support/emr-builders.ts';
import { mockAws } from '../../support/mock-aws.ts';

const emr = mockAws(EMRClient);
const signal = new AbortController().signal;
const admit = vi.fn(async () => undefined);
const directory = createEmrPrimaries({ admit, close: () => undefined });

const aSummary = () => ({
  Id: 'j-1',
  Name: 'etl',
  Status: { State: 'WAITING' as const, Timeline: { CreationDateTime: at('01:00') } },
});

describe('listReady', () => {
  it('asks for the clusters whose interfaces may be up', async () => {
    emr.on(ListClustersCommand).resolves({ Clusters: [aSummary()] });

    expect(await directory.listReady(signal)).toEqual([{ id: 'j-1', name: 'etl', createdAt: at('01:00') }]);
    expect(emr.commandCalls(ListClustersCommand)[0]?.args[0].input).toEqual({ ClusterStates: ['RUNNING', 'WAITING'] });
    expect(admit).toHaveBeenCalledWith('ListClusters', signal);
  });
});

describe('describe', () => {
  it('tells release, applications, tags, and how to ask for nodes', async () => {
    emr.on(DescribeClusterCommand, { ClusterId: 'j-1' }).resolves({
      Cluster: {
        ...aSummary(),
        ReleaseLabel: 'emr-7.5.0',
        Applications: [{ Name: 'Spark', Version: '3.5' }, {}],
        InstanceCollectionType: 'INSTANCE_FLEET',
        MasterPublicDnsName: 'ip-10-0-0-1.ec2.internal',
        Tags: [{ Key: 'team', Value: 'ml' }],
      },
    });

    expect(await directory.describe('j-1', signal)).toEqual({
      id: 'j-1',
      name: 'etl',
      createdAt: at('01:00'),
      tags: { team: 'ml' },
      release: 'emr-7.5.0',
      applications: ['Spark'],
      collection: 'fleet',
      primaryDnsName: 'ip-10-0-0-1.ec2.internal',
    });
  });

  it('knows a cluster of which hardly anything is said', async () => {
    emr.on(DescribeClusterCommand).resolves({ Cluster: { ...aSummary(), ReleaseLabel: '', MasterPublicDnsName: '' } });

    expect(await directory.describe('j-1', signal)).toEqual({
      id: 'j-1',
      name: 'etl',
      createdAt: at('01:00'),
      tags: {},
      applications: [],
      collection: 'group',
    });
  });

  it('tells that EMR does not know a cluster', async () => {
    emr.on(DescribeClusterCommand).rejects(new InvalidRequestException({ message: 'not valid', $metadata: {} }));

    expect(await directory.describe('j-1', signal)).toBeUndefined();
  });
});

describe('listPrimaries', () => {
  it.each([
    ['group', { InstanceGroupTypes: ['MASTER'] }],
    ['fleet', { InstanceFleetType: 'MASTER' }],
  ] as const)(
    'asks for the primary nodes of a %s, over all pages, those that ended among them',
    async (collection, filter) => {
      emr
        .on(ListInstancesCommand)
        .resolvesOnce({
          Instances: [
            {
              Ec2InstanceId: 'i-1',
              PrivateIpAddress: '10.0.0.1',
              PrivateDnsName: 'ip-10-0-0-1.ec2.internal',
              PublicDnsName: '',
              Status: { State: 'RUNNING' },
            },
          ],
          Marker: 'next',
        })
        .resolvesOnce({
          Instances: [
            { Ec2InstanceId: 'i-2', PrivateIpAddress: '', Status: { State: 'TERMINATED' } },
            { Ec2InstanceId: 'i-3' },
            { Ec2InstanceId: '' },
          ],
        });

      expect(await directory.listPrimaries({ id: 'j-1', collection }, signal)).toEqual([
        { instanceId: 'i-1', isRunning: true, address: '10.0.0.1', dnsNames: ['ip-10-0-0-1.ec2.internal'] },
        { instanceId: 'i-2', isRunning: false, dnsNames: [] },
        { instanceId: 'i-3', isRunning: false, dnsNames: [] },
      ]);
      expect(emr.commandCalls(ListInstancesCommand).map(({ args: [{ input }] }) => input)).toEqual([
        { ClusterId: 'j-1', ...filter },
        { ClusterId: 'j-1', ...filter, Marker: 'next' },
      ]);
    },
  );

  it('knows a cluster that has none yet', async () => {
    emr.on(ListInstancesCommand).resolves({});

    expect(await directory.listPrimaries({ id: 'j-1', collection: 'group' }, signal)).toEqual([]);
  });
});
