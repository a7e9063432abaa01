/** The target groups of Elastic Load Balancing, in the suite's words. */
import {
  DeregisterTargetsCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  type Tag,
  type TargetDescription,
  type TargetGroup,
  TargetGroupNotFoundException,
  type TargetHealthDescription,
  TargetTypeEnum,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  CLUSTER_TAG,
  type Health,
  type RegisteredTarget,
  STAGE_TAG,
  type TargetGroups,
  UI_TAG,
  type UiGroup,
} from '../clusters/targets.ts';
import type { Pace } from '../pace.ts';
import { allPages } from './all-pages.ts';
import { clientSettings } from './client-settings.ts';

/**
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
 */
const MAX_ARNS = 20;

const PAGE_SIZE = 400;

const HEALTH: Readonly<Record<string, Health>> = {
  draining: 'draining',
  healthy: 'healthy',
  initial: 'initial',
  unavailable: 'unavailable',
  unhealthy: 'unhealthy',
  'unhealthy.draining': 'draining',
  unused: 'unused',
};

type Tags = Readonly<Record<string, string>>;

const tagsOf = (tags: readonly Tag[]): Tags =>
  Object.fromEntries(tags.map(({ Key, Value }) => [Key ?? '', Value ?? '']));

/**
 * Tells whether instances or addresses can be registered in a group; others hold functions or load
 * balancers.
 */
const isOfHosts = (type: TargetGroup['TargetType']): type is 'instance' | 'ip' =>
  type === TargetTypeEnum.INSTANCE || type === TargetTypeEnum.IP;

const groupOf = (group: TargetGroup, tags: Tags, stage: string): UiGroup[] => {
  const { TargetGroupArn: arn, TargetType: targetType, VpcId, LoadBalancerArns } = group;
  const { [CLUSTER_TAG]: cluster, [UI_TAG]: ui, [STAGE_TAG]: itsStage = stage } = tags;
  return arn === undefined || !cluster || !ui || itsStage !== stage || !isOfHosts(targetType)
    ? []
    : [{ arn, cluster, ui, targetType, vpcId: VpcId ?? '', inUse: (LoadBalancerArns ?? []).length > 0 }];
};

const targetOf = (groupArn: string, { Target, TargetHealth }: TargetHealthDescription): RegisteredTarget => {
  const { Id: id, Port: port, AvailabilityZone: zone } = Target ?? {};
  const health = HEALTH[TargetHealth?.State ?? ''];
  if (id === undefined || port === undefined || health === undefined) {
    throw new Error(
      `Target group ${groupArn} has a target that is not understood: ${JSON.stringify({ Target, TargetHealth })}`,
    );
  }
  return { id, port, health, ...(zone === undefined ? {} : { zone }) };
};

const descriptionOf = ({ id, port, zone }: Pick<RegisteredTarget, 'id' | 'port' | 'zone'>): TargetDescription => ({
  Id: id,
  Port: port,
  ...(zone === undefined ? {} : { AvailabilityZone: zone }),
});

/**
 * How fast Elastic Load Balancing may be called: everybody in the account shares its rates, of
 * which the ones that write are lower.
 */
export type Paces = { readonly read: Pace; readonly write: Pace };

/**
 * Opens the target groups of this account and Region.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html
 */
export const createTargetGroups = (pace: Paces): TargetGroups => {
  const client = new ElasticLoadBalancingV2Client(clientSettings());

  const describeTags = async (arns: readonly string[], abortSignal: AbortSignal): Promise<[string, Tags][]> => {
    await pace.read();
    const { TagDescriptions = [] } = await client.send(new DescribeTagsCommand({ ResourceArns: [...arns] }), {
      abortSignal,
    });
    return TagDescriptions.map(({ ResourceArn, Tags }) => [ResourceArn ?? '', tagsOf(Tags ?? [])]);
  };

  /**
   * Reads tags by ARN. A group that is gone meanwhile makes the whole call fail: each is asked for
   * by itself then.
   */
  const readTags = async (arns: readonly string[], signal: AbortSignal): Promise<[string, Tags][]> => {
    try {
      return await describeTags(arns, signal);
    } catch (error) {
      if (!(error instanceof TargetGroupNotFoundException)) {
        throw error;
      }
    }
    const found: [string, Tags][] = [];
    for (const arn of arns.length === 1 ? [] : arns) {
      found.push(...(await readTags([arn], signal)));
    }
    return found;
  };

  return {
    listOurs: async (stage, abortSignal) => {
      const groups = await allPages(async (Marker) => {
        await pace.read();
        const { TargetGroups: items = [], NextMarker } = await client.send(
          new DescribeTargetGroupsCommand({ PageSize: PAGE_SIZE, ...(Marker === undefined ? {} : { Marker }) }),
          { abortSignal },
        );
        return { items, nextToken: NextMarker === '' ? undefined : NextMarker };
      });
      const arns = groups.flatMap(({ TargetGroupArn }) => TargetGroupArn ?? []);
      const tagged: [string, Tags][] = [];
      for (let from = 0; from < arns.length; from += MAX_ARNS) {
        tagged.push(...(await readTags(arns.slice(from, from + MAX_ARNS), abortSignal)));
      }
      const tags = new Map(tagged);
      return groups.flatMap((group) => groupOf(group, tags.get(group.TargetGroupArn ?? '') ?? {}, stage));
    },

    listTargets: async (groupArn, abortSignal) => {
      await pace.read();
      const { TargetHealthDescriptions = [] } = await client.send(
        new DescribeTargetHealthCommand({ TargetGroupArn: groupArn }),
        { abortSignal },
      );
      return TargetHealthDescriptions.map((description) => targetOf(groupArn, description));
    },

    register: async (groupArn, target, abortSignal) => {
      await pace.write();
      await client.send(new RegisterTargetsCommand({ TargetGroupArn: groupArn, Targets: [descriptionOf(target)] }), {
        abortSignal,
      });
    },

    // Without a port, it is that of the group: another target, although the answer is 200.
    // https://github.com/chaostoolkit-incubator/chaostoolkit-aws/issues/60
    deregister: async (groupArn, targets, abortSignal) => {
      await pace.write();
      await client.send(
        new DeregisterTargetsCommand({ TargetGroupArn: groupArn, Targets: targets.map(descriptionOf) }),
        { abortSignal },
      );
    },
  };
};
