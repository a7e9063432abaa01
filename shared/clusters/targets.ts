/** Target groups of a load balancer. The adapter is `shared/aws/target-groups.ts`. */

/** The tags of a target group that belongs to the suite. */
export const CLUSTER_TAG = 'breakaway:cluster';
export const UI_TAG = 'breakaway:ui';

/** The tag that limits a target group to one stage. */
export const STAGE_TAG = 'breakaway:stage';

/** A host and port behind a load balancer. */
export type Target = {
  /** The id of the instance, `i-...`, or its address, depending on the type of the group. */
  readonly id: string;
  readonly port: number;
};

/**
 * The health of a target as the load balancer reports it.
 *
 * `unused` can also mean that the health is unknown: no rule leads to the group, or the instance is
 * stopped. A `draining` target gets no more requests.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
 */
export type Health = 'draining' | 'healthy' | 'initial' | 'unavailable' | 'unhealthy' | 'unused';

export type RegisteredTarget = Target & {
  readonly health: Health;
  /** The Availability Zone of its address, or `all`, as it was registered. */
  readonly zone?: string;
};

/** A target to be registered. */
export type NewTarget = Target & {
  /** `all` for an address outside the group's network, where a zone is required. */
  readonly zone?: 'all';
};

/** A target group that belongs to the suite by its tags. */
export type UiGroup = {
  readonly arn: string;
  /** The logical cluster: the tag `breakaway:cluster`. */
  readonly cluster: string;
  /** The UI: the tag `breakaway:ui`. */
  readonly ui: string;
  /** Whether targets are instances or addresses; fixed when a group is created. */
  readonly targetType: 'instance' | 'ip';
  /** The network that the group is in. */
  readonly vpcId: string;
  /** Whether a load balancer has a rule that leads to it. */
  readonly inUse: boolean;
};

export type TargetGroups = {
  /**
   * Lists the target groups that have both tags, and are for this stage or for any.
   *
   * @param stage - a group whose tag `breakaway:stage` names another is left out
   */
  listOurs(stage: string, signal: AbortSignal): Promise<UiGroup[]>;
  /** Lists the registered targets of a group with their health. */
  listTargets(groupArn: string, signal: AbortSignal): Promise<RegisteredTarget[]>;
  /** Registers a target; no change if it is registered already. */
  register(groupArn: string, target: NewTarget, signal: AbortSignal): Promise<void>;
  /** Deregisters targets by exact id and port; no error if one is not registered. */
  deregister(groupArn: string, targets: readonly RegisteredTarget[], signal: AbortSignal): Promise<void>;
};
