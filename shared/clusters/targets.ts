/** Target groups of a load balancer, as far as the suite looks at them. The adapter is `shared/aws/target-groups.ts`. */

/** The tags by which a target group is ours. */
export const CLUSTER_TAG = 'breakaway:cluster';
export const UI_TAG = 'breakaway:ui';

/** The tag by which a target group is only one stage's. */
export const STAGE_TAG = 'breakaway:stage';

/** A host and port behind a load balancer. */
export type Target = {
  /** Of the instance, `i-...`, or the address, as the type of the group asks. */
  readonly id: string;
  readonly port: number;
};

/**
 * What the load balancer says of a target.
 *
 * `unused` also means that nobody can know: no rule leads to the group, or the instance is stopped. One that is `draining` gets no requests any more.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
 */
export type Health = 'draining' | 'healthy' | 'initial' | 'unavailable' | 'unhealthy' | 'unused';

export type RegisteredTarget = Target & {
  readonly health: Health;
  /** The zone that it was registered with, which is the Availability Zone of its address, or `all`. */
  readonly zone?: string;
};

/** A target to be registered. */
export type NewTarget = Target & {
  /** `all` for an address outside the group's network, where a zone is required. */
  readonly zone?: 'all';
};

/** A target group that is ours by its tags. */
export type UiGroup = {
  readonly arn: string;
  /** The logical cluster, of the tag `breakaway:cluster`. */
  readonly cluster: string;
  /** Of the tag `breakaway:ui`. */
  readonly ui: string;
  /** Whether targets are instances or addresses; it is fixed when a group is made. */
  readonly targetType: 'instance' | 'ip';
  /** The network that the group is in. */
  readonly vpcId: string;
  /** Whether a load balancer has a rule that leads to it. */
  readonly inUse: boolean;
};

export type TargetGroups = {
  /**
   * Lists the target groups that carry both tags, and are for this stage or for any.
   *
   * @param stage - a group whose tag `breakaway:stage` names another is left out
   */
  listOurs(stage: string, signal: AbortSignal): Promise<UiGroup[]>;
  /** Tells what is registered in a group, and how it is. */
  listTargets(groupArn: string, signal: AbortSignal): Promise<RegisteredTarget[]>;
  /** Registers a target. One that is registered already stays as it is. */
  register(groupArn: string, target: NewTarget, signal: AbortSignal): Promise<void>;
  /** Deregisters targets by exact id and port. One that is not registered is none of an error. */
  deregister(groupArn: string, targets: readonly RegisteredTarget[], signal: AbortSignal): Promise<void>;
};
