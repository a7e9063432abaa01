import {
  DeregisterTargetsCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  type TargetGroup,
  TargetGroupNotFoundException,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createTargetGroups } from '../../../shared/aws/target-groups.ts';
import { mockAws } from '../../support/mock-aws.ts';

const elb = mockAws(ElasticLoadBalancingV2Client);
const signal = new AbortController().signal;

const read = vi.fn(async () => undefined);
const write = vi.fn(async () => undefined);
const targetGroups = createTargetGroups({ read, write });

beforeEach(() => {
  read.mockClear();
  write.mockClear();
});

const aGroup = (group: Partial<TargetGroup> = {}): TargetGroup => ({
  TargetGroupArn: 'arn:1',
  TargetType: 'instance',
  VpcId: 'vpc-1',
  LoadBalancerArns: ['arn:balancer'],
  ...group,
});

const tagsOf = (tags: Readonly<Record<string, string | undefined>>) =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

const OURS = { 'breakaway:cluster': 'etl', 'breakaway:ui': 'hue' };

/** Answers with the tags of whichever groups are asked for. */
const answerTags = (tags: Readonly<Record<string, Readonly<Record<string, string | undefined>>>>) =>
  elb.on(DescribeTagsCommand).callsFake(({ ResourceArns }: { ResourceArns: string[] }) => ({
    TagDescriptions: ResourceArns.map((ResourceArn) => ({ ResourceArn, Tags: tagsOf(tags[ResourceArn] ?? {}) })),
  }));

describe('listOurs', () => {
  it('lists what carries both tags, over all pages', async () => {
    elb
      .on(DescribeTargetGroupsCommand)
      .resolvesOnce({ TargetGroups: [aGroup()], NextMarker: 'next' })
      .resolvesOnce({
        TargetGroups: [aGroup({ TargetGroupArn: 'arn:2', TargetType: 'ip', LoadBalancerArns: [] })],
        NextMarker: '',
      });
    answerTags({ 'arn:1': OURS, 'arn:2': { ...OURS, 'breakaway:ui': 'tez-ui', 'breakaway:stage': 'dev' } });

    expect(await targetGroups.listOurs('dev', signal)).toEqual([
      { arn: 'arn:1', cluster: 'etl', ui: 'hue', targetType: 'instance', vpcId: 'vpc-1', inUse: true },
      { arn: 'arn:2', cluster: 'etl', ui: 'tez-ui', targetType: 'ip', vpcId: 'vpc-1', inUse: false },
    ]);
    expect(elb.commandCalls(DescribeTargetGroupsCommand).map(({ args: [{ input }] }) => input)).toEqual([
      { PageSize: 400 },
      { PageSize: 400, Marker: 'next' },
    ]);
    expect(read).toHaveBeenCalledTimes(3);
  });

  it('leaves out whatever is not ours for certain', async () => {
    const tags: Record<string, Record<string, string | undefined>> = {
      'arn:1': {},
      'arn:2': { 'breakaway:cluster': 'etl' },
      'arn:3': { 'breakaway:ui': 'hue' },
      'arn:4': { ...OURS, 'breakaway:cluster': '' },
      'arn:5': { ...OURS, 'breakaway:ui': undefined },
      'arn:6': { ...OURS, 'breakaway:stage': 'prod' },
      'arn:7': OURS,
      'arn:8': OURS,
    };
    const types: Record<string, TargetGroup['TargetType']> = { 'arn:7': 'lambda', 'arn:8': 'alb' };
    elb.on(DescribeTargetGroupsCommand).resolves({
      TargetGroups: [
        ...Object.keys(tags).map((arn) => aGroup({ TargetGroupArn: arn, TargetType: types[arn] ?? 'instance' })),
        aGroup({ TargetGroupArn: undefined }),
      ],
    });
    answerTags(tags);

    expect(await targetGroups.listOurs('dev', signal)).toEqual([]);
  });

  it('asks for the tags of twenty groups at a time, and of none where there is none', async () => {
    elb
      .on(DescribeTargetGroupsCommand)
      .resolvesOnce({
        TargetGroups: Array.from({ length: 41 }, (_, index) => aGroup({ TargetGroupArn: `arn:${index}` })),
      })
      .resolvesOnce({});
    answerTags({});

    await targetGroups.listOurs('dev', signal);
    const sizes = elb.commandCalls(DescribeTagsCommand).map(({ args: [{ input }] }) => input.ResourceArns?.length);
    await targetGroups.listOurs('dev', signal);

    expect(sizes).toEqual([20, 20, 1]);
    expect(elb.commandCalls(DescribeTagsCommand)).toHaveLength(3);
  });

  it('goes on without a group that is deleted meanwhile', async () => {
    elb.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: [aGroup(), aGroup({ TargetGroupArn: 'arn:gone' })] });
    const gone = new TargetGroupNotFoundException({ message: 'gone', $metadata: {} });
    elb.on(DescribeTagsCommand).rejects(gone);
    elb
      .on(DescribeTagsCommand, { ResourceArns: ['arn:1'] }, true)
      .resolves({ TagDescriptions: [{ ResourceArn: 'arn:1', Tags: tagsOf(OURS) }] });

    expect((await targetGroups.listOurs('dev', signal)).map(({ arn }) => arn)).toEqual(['arn:1']);
  });

  it('lets any other error through', async () => {
    elb.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: [aGroup()] });
    elb.on(DescribeTagsCommand).rejects(new Error('Rate exceeded'));

    await expect(targetGroups.listOurs('dev', signal)).rejects.toThrow('Rate exceeded');
  });

  it('reads an answer in which hardly anything is said', async () => {
    elb.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: [{ TargetGroupArn: 'arn:1', TargetType: 'ip' }] });
    elb
      .on(DescribeTagsCommand)
      .resolvesOnce({ TagDescriptions: [{ ResourceArn: 'arn:1', Tags: [...tagsOf(OURS), {} as never] }] })
      .resolvesOnce({ TagDescriptions: [{}] })
      .resolvesOnce({});

    expect(await targetGroups.listOurs('dev', signal)).toEqual([
      { arn: 'arn:1', cluster: 'etl', ui: 'hue', targetType: 'ip', vpcId: '', inUse: false },
    ]);
    expect(await targetGroups.listOurs('dev', signal)).toEqual([]);
    expect(await targetGroups.listOurs('dev', signal)).toEqual([]);
  });
});

describe('listTargets', () => {
  const described = (State: string | undefined, Target: object = { Id: 'i-1', Port: 8088 }) =>
    elb
      .on(DescribeTargetHealthCommand, { TargetGroupArn: 'arn:1' })
      .resolves({ TargetHealthDescriptions: [{ Target, TargetHealth: { State } } as never] });

  it.each([
    ['healthy', 'healthy'],
    ['unhealthy', 'unhealthy'],
    ['initial', 'initial'],
    ['unused', 'unused'],
    ['unavailable', 'unavailable'],
    ['draining', 'draining'],
    ['unhealthy.draining', 'draining'],
  ])('knows a target that is %s', async (state, health) => {
    described(state);

    expect(await targetGroups.listTargets('arn:1', signal)).toEqual([{ id: 'i-1', port: 8088, health }]);
    expect(read).toHaveBeenCalledOnce();
  });

  it('tells the zone of an address', async () => {
    described('healthy', { Id: '10.0.0.1', Port: 8088, AvailabilityZone: 'all' });

    expect(await targetGroups.listTargets('arn:1', signal)).toEqual([
      { id: '10.0.0.1', port: 8088, health: 'healthy', zone: 'all' },
    ]);
  });

  it('knows a group without targets', async () => {
    elb.on(DescribeTargetHealthCommand).resolves({});

    expect(await targetGroups.listTargets('arn:1', signal)).toEqual([]);
  });

  it.each([
    ['a state that it does not know', 'sleepy', { Id: 'i-1', Port: 1 }],
    ['no state', undefined, { Id: 'i-1', Port: 1 }],
    ['no port', 'healthy', { Id: 'i-1' }],
    ['no id', 'healthy', { Port: 1 }],
  ])('fails for %s, since whatever it took it for could be wrong', async (_, state, target) => {
    described(state, target);

    await expect(targetGroups.listTargets('arn:1', signal)).rejects.toThrow(
      /^Target group arn:1 has a target that is not understood: \{"Target":/,
    );
  });

  it('fails for a target of which nothing is said', async () => {
    elb.on(DescribeTargetHealthCommand).resolves({ TargetHealthDescriptions: [{}] });

    await expect(targetGroups.listTargets('arn:1', signal)).rejects.toThrow('not understood');
  });
});

describe('register', () => {
  it('names the port, and the zone where it takes one', async () => {
    elb.on(RegisterTargetsCommand).resolves({});

    await targetGroups.register('arn:1', { id: 'i-1', port: 8088 }, signal);
    await targetGroups.register('arn:1', { id: '10.0.0.1', port: 8088, zone: 'all' }, signal);

    expect(elb.commandCalls(RegisterTargetsCommand).map(({ args: [{ input }] }) => input)).toEqual([
      { TargetGroupArn: 'arn:1', Targets: [{ Id: 'i-1', Port: 8088 }] },
      { TargetGroupArn: 'arn:1', Targets: [{ Id: '10.0.0.1', Port: 8088, AvailabilityZone: 'all' }] },
    ]);
    expect(write).toHaveBeenCalledTimes(2);
  });
});

describe('deregister', () => {
  it('names each target by id and port, in one call', async () => {
    elb.on(DeregisterTargetsCommand).resolves({});

    await targetGroups.deregister(
      'arn:1',
      [
        { id: 'i-1', port: 50_070, health: 'healthy' },
        { id: '10.0.0.1', port: 9870, health: 'unused', zone: 'eu-central-1a' },
      ],
      signal,
    );

    expect(elb.commandCalls(DeregisterTargetsCommand).map(({ args: [{ input }] }) => input)).toEqual([
      {
        TargetGroupArn: 'arn:1',
        Targets: [
          { Id: 'i-1', Port: 50_070 },
          { Id: '10.0.0.1', Port: 9870, AvailabilityZone: 'eu-central-1a' },
        ],
      },
    ]);
    expect(write).toHaveBeenCalledOnce();
  });
});
