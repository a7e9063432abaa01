import { DescribeInstancesCommand, EC2Client, EC2ServiceException, type Instance } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { createMachines } from '../../../shared/aws/machines.ts';
import { mockAws } from '../../support/mock-aws.ts';

const ec2 = mockAws(EC2Client);
const signal = new AbortController().signal;
const machines = createMachines();

const anInstance = (instance: Partial<Instance> = {}): Instance => ({
  InstanceId: 'i-1',
  State: { Name: 'running' },
  VpcId: 'vpc-1',
  PrivateIpAddress: '10.0.0.1',
  Tags: [
    { Key: 'Name', Value: 'primary' },
    { Key: 'aws:elasticmapreduce:job-flow-id', Value: 'j-1' },
  ],
  ...instance,
});

const notFound = () =>
  new EC2ServiceException({
    name: 'InvalidInstanceID.NotFound',
    $fault: 'client',
    message: 'does not exist',
    $metadata: {},
  });

describe('byId', () => {
  it('tells network, address and cluster of a machine', async () => {
    ec2
      .on(DescribeInstancesCommand, { InstanceIds: ['i-1'] })
      .resolves({ Reservations: [{ Instances: [anInstance()] }] });

    expect(await machines.byId(['i-1', 'i-1'], signal)).toEqual(
      new Map([['i-1', { instanceId: 'i-1', isGone: false, vpcId: 'vpc-1', address: '10.0.0.1', clusterId: 'j-1' }]]),
    );
  });

  it.each([
    ['pending', false],
    ['running', false],
    ['stopping', false],
    ['stopped', false],
    ['shutting-down', true],
    ['terminated', true],
  ] as const)('takes a machine that is %s for gone: %s', async (Name, isGone) => {
    ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [anInstance({ State: { Name } })] }] });

    expect((await machines.byId(['i-1'], signal)).get('i-1')?.isGone).toBe(isGone);
  });

  it('knows a machine of which hardly anything is said', async () => {
    const bare = { InstanceId: 'i-1', VpcId: '', PrivateIpAddress: '', Tags: [{ Key: 'Name' }] };
    ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{}, { Instances: [bare, { InstanceId: 'i-2' }, {}] }] });

    expect([...(await machines.byId(['i-1', 'i-2'], signal)).values()]).toEqual([
      { instanceId: 'i-1', isGone: false },
      { instanceId: 'i-2', isGone: false },
    ]);
  });

  it('takes what EC2 does not know for gone, and still tells of the others', async () => {
    ec2.on(DescribeInstancesCommand).rejects(notFound());
    ec2
      .on(DescribeInstancesCommand, { InstanceIds: ['i-1'] }, true)
      .resolves({ Reservations: [{ Instances: [anInstance()] }] });

    const found = await machines.byId(['i-1', 'i-gone'], signal);

    expect([...found.values()].map(({ instanceId, isGone }) => [instanceId, isGone])).toEqual([
      ['i-1', false],
      ['i-gone', true],
    ]);
  });

  it('says nothing of a machine that is not in the answer', async () => {
    ec2.on(DescribeInstancesCommand).resolves({});

    expect(await machines.byId(['i-1'], signal)).toEqual(new Map());
  });

  it('asks for a hundred at a time', async () => {
    ec2.on(DescribeInstancesCommand).resolves({});

    await machines.byId(
      Array.from({ length: 101 }, (_, index) => `i-${index}`),
      signal,
    );

    expect(
      ec2.commandCalls(DescribeInstancesCommand).map(({ args: [{ input }] }) => input.InstanceIds?.length),
    ).toEqual([100, 1]);
  });

  it.each([new EC2ServiceException({ ...notFound(), name: 'RequestLimitExceeded' }), new Error('no')])(
    'lets any other error through: %s',
    async (error) => {
      ec2.on(DescribeInstancesCommand).rejects(error);

      await expect(machines.byId(['i-1', 'i-2'], signal)).rejects.toThrow(error);
    },
  );
});

describe('byAddress', () => {
  it('finds who has an address, over all pages', async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolvesOnce({ Reservations: [{ Instances: [anInstance()] }], NextToken: 'next' })
      .resolvesOnce({ Reservations: [{ Instances: [anInstance({ InstanceId: 'i-2' })] }], NextToken: '' });

    const found = await machines.byAddress(['10.0.0.1', '10.0.0.1'], signal);

    expect(found.map(({ instanceId }) => instanceId)).toEqual(['i-1', 'i-2']);
    const Filters = [{ Name: 'private-ip-address', Values: ['10.0.0.1'] }];
    expect(ec2.commandCalls(DescribeInstancesCommand).map(({ args: [{ input }] }) => input)).toEqual([
      { Filters },
      { Filters, NextToken: 'next' },
    ]);
  });
});
