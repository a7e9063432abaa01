/** The remembered owners of registered targets. The adapter is `shared/aws/binding-records.ts`. */
import type { Target } from './targets.ts';

/**
 * A target and its owner when it was registered. A target group knows only the address of an
 * instance, and another instance gets that address later.
 */
export type OwnedTarget = Target & {
  /** The EMR cluster, `j-...`. */
  readonly clusterId: string;
  /** The EC2 instance, `i-...`. */
  readonly instanceId: string;
};

export type BindingRecords = {
  /** Reads the owners of all target groups, by ARN. */
  read(signal: AbortSignal): Promise<ReadonlyMap<string, readonly OwnedTarget[]>>;
  /** Replaces the owners of one group. */
  write(groupArn: string, targets: readonly OwnedTarget[], signal: AbortSignal): Promise<void>;
};
